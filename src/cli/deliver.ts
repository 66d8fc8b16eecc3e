import { resolveCapture } from '../configuration/content-capture.ts';
import type { Environment } from '../configuration/environment.ts';
import { listFrom } from '../configuration/readers.ts';
import type { Attempt } from '../delivery/delivery.ts';
import type { DestinationStats } from '../exporter/destination.ts';
import { destinationsFrom, planDestination } from '../exporter/destinations/open-destination.ts';
import type { PipelineOptions } from '../exporter/pipeline.ts';
import { ProjectPipelines } from '../exporter/project-pipelines.ts';
import { resolveContent, resolveSpool } from '../exporter/settings.ts';
import type { PipelineListener, Settlement } from '../exporter/settling.ts';
import { usableSpool } from '../exporter/usable-spool.ts';
import { maskSecrets } from '../interaction/mask.ts';
import { projectOf } from '../semconv/project.ts';
import type { SpanData } from '../semconv/span-data.ts';
import { Failure } from './failure.ts';
import { plain, type Terminal } from './terminal.ts';

/** Spans in flight at once, and their characters: few enough for the queue of a slow destination. */
const PORTION = 500;
const PORTION_LENGTH = 8 << 20;
/** The part of a spool that one portion may fill, and the part beyond which the next one waits. */
const PORTION_SHARE = 8;
const FULL_SHARE = 2;
/** How long a destination may accept nothing before the command stops waiting for it. */
const PATIENCE_MILLIS = 15_000;
const STEP_MILLIS = 1_000;

/** By destination. `failure`: why a record was last not delivered, where some were not. */
export type Delivered = Readonly<Record<string, DestinationStats & { readonly failure?: string }>>;

/** The destinations that `--to` names, else those of the environment. @throws Failure when neither names any */
export function destinationNames(
  to: unknown,
  environment: Environment,
  warn: (message: string) => void,
): readonly string[] {
  const named = typeof to === 'string' ? listFrom(to) : [];
  if (named.length > 0) return named;
  const configured = destinationsFrom(environment, warn);
  if (configured !== 'none' && configured.length > 0) return configured;
  throw new Failure('No destination is set: name some with --to athina,otlp, or set SPANPORT_DESTINATIONS.', 2);
}

/** For messages: where the names of {@link destinationNames} come from. */
export function namedBy(to: unknown): string | undefined {
  return typeof to === 'string' ? '--to' : undefined;
}

export interface SenderOptions extends Pick<PipelineOptions, 'transport' | 'write'> {
  readonly warn: (message: string) => void;
  /** Called after every request. */
  readonly onAttempt?: (attempt: Attempt) => void;
  /** `false` keeps records out of the spool of the environment. */
  readonly spool?: false;
  /** What names the destinations, where that is not the environment. */
  readonly namedBy?: string | undefined;
}

/**
 * Sends spans through the pipeline that an application uses, and waits until all is settled. The resource of a span names
 * its project; ids of different projects may be equal.
 */
export class Sender {
  readonly #pipelines: ProjectPipelines;
  /** By destination: why a record was last not delivered. */
  readonly #failures = new Map<string, string>();
  /** Of the spool. Beyond it, the oldest records would be dropped. */
  readonly #maxBytes: number;
  readonly #portionLength: number;
  #hasStalled = false;
  /** When the latest span ended: a file is read faster than its spans were written. */
  #spanMillis = 0;

  /** @throws ConfigurationError for a destination that cannot work */
  constructor(
    names: readonly string[],
    environment: Environment,
    { warn, spool, namedBy: setting, onAttempt, ...replaced }: SenderOptions,
  ) {
    const usable = spool === false ? undefined : usableSpool(resolveSpool(undefined, environment), warn);
    this.#maxBytes = usable?.maxBytes ?? Number.POSITIVE_INFINITY;
    this.#portionLength = Math.min(PORTION_LENGTH, this.#maxBytes / PORTION_SHARE / Math.max(1, names.length));
    const context = {
      environment,
      content: resolveContent(undefined, environment),
      contentOnSpans: resolveCapture(environment, warn).spans,
      spool: usable,
      warn,
      ...(setting !== undefined && { namedBy: setting }),
    };
    const planned = names.map((name) => planDestination(name, context));
    this.#pipelines = new ProjectPipelines(planned, {
      mask: maskSecrets,
      // The command prints what became of the records itself.
      report: () => {},
      holdClock: () => this.#spanMillis,
      onAttempt: (attempt) => {
        const { destination, outcome } = attempt;
        onAttempt?.(attempt);
        if ('reason' in outcome && outcome.status !== 'delivered') this.#fail(destination, outcome.reason);
      },
      ...replaced,
    });
  }

  async sendAll(portions: AsyncIterable<readonly SpanData[]>): Promise<void> {
    for await (const spans of portions) await this.send(spans);
  }

  /** @param onSettled called with what became of each span, at each destination */
  async send(spans: readonly SpanData[], onSettled?: (span: SpanData, settlement: Settlement) => void): Promise<void> {
    for (const portion of portionsOf(spans, this.#portionLength)) {
      for (const span of portion) {
        this.#pipelines.of(projectOf(span.resource)).take(span, this.#listenerOf(span, onSettled));
        this.#spanMillis = Math.max(this.#spanMillis, span.endTime[0] * 1e3 + span.endTime[1] / 1e6);
      }
      await this.#settle();
    }
  }

  /** Waits while records are accepted. After a stall, only as long as more are. */
  async #settle(): Promise<void> {
    let settled = this.#settled();
    for (let stalled = this.#hasStalled ? PATIENCE_MILLIS : 0; stalled <= PATIENCE_MILLIS; ) {
      // A destination with a wrong key ends its flush at once.
      const { waiting, onDisk } = await this.#pipelines.deliver(STEP_MILLIS);
      if (waiting === onDisk && this.#hasRoom) return;
      const now = this.#settled();
      // The flush of a spool does not wait for a destination in trouble.
      if (waiting === onDisk && now === settled) await new Promise((resolve) => setTimeout(resolve, STEP_MILLIS));
      stalled = now > settled ? 0 : stalled + STEP_MILLIS;
      settled = now;
    }
    this.#hasStalled = true;
  }

  get #hasRoom(): boolean {
    const stats = Object.values(this.#pipelines.stats());
    return stats.reduce((sum, { spooledBytes }) => sum + spooledBytes, 0) <= this.#maxBytes / FULL_SHARE;
  }

  #settled(): number {
    return Object.values(this.#pipelines.stats()).reduce(
      (sum, { delivered, rejected, coalesced }) => sum + delivered + rejected + coalesced,
      0,
    );
  }

  /** Ends the destinations and returns what became of everything. */
  async finish(): Promise<Delivered> {
    // What waited for other spans may be more than can be sent while destinations end.
    this.#pipelines.drain(true);
    await this.#settle();
    await this.#pipelines.shutdown();
    return Object.fromEntries(
      Object.entries(this.#pipelines.stats()).map(([name, stats]) => {
        const failure = this.#failures.get(name);
        return [name, { ...stats, ...(failure !== undefined && !isSettled(stats) && { failure }) }];
      }),
    );
  }

  #listenerOf(span: SpanData, onSettled?: (span: SpanData, settlement: Settlement) => void): PipelineListener {
    return {
      settled: (settlements) => {
        for (const settlement of settlements) {
          const { destination, outcome } = settlement;
          if (outcome.status === 'rejected') this.#fail(destination, outcome.reason);
          onSettled?.(span, settlement);
        }
      },
    };
  }

  #fail(destination: string, reason: string): void {
    this.#failures.set(destination, inWords(reason));
  }
}

/** Within both limits, or a single span. */
function* portionsOf(spans: readonly SpanData[], maxLength: number): Generator<readonly SpanData[]> {
  let portion: SpanData[] = [];
  let length = 0;
  for (const span of spans) {
    const own = lengthOf(span.attributes) + lengthOf(span.content) + lengthOf(span.events);
    if (portion.length > 0 && (portion.length >= PORTION || length + own > maxLength)) {
      yield portion;
      portion = [];
      length = 0;
    }
    portion.push(span);
    length += own;
  }
  if (portion.length > 0) yield portion;
}

/** Of all texts in a value. */
function lengthOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  let length = 0;
  for (const each of Object.values(value)) length += lengthOf(each);
  return length;
}

/** Node's error codes, in words. */
const codes: readonly (readonly [code: RegExp, words: string])[] = [
  [/^.*ECONNREFUSED\s*(\S*).*$/, 'connection refused $1'],
  [/^.*ENOTFOUND\s*(\S*).*$/, 'host not found $1'],
  [/^.*ECONNRESET.*$/, 'connection reset'],
  [/^.*ETIMEDOUT\s*(\S*).*$/, 'connection timed out $1'],
  [/^EACCES: permission denied.*'(.*)'$/, 'permission denied: $1'],
];

/** A failure as people call it. */
export function inWords(reason: string): string {
  const [code, words] = codes.find(([code]) => code.test(reason)) ?? [/$^/, ''];
  return reason.replace(code, words).trim();
}

/** Whether every record was delivered, alone or as part of a later one. */
export function isComplete(delivered: Delivered): boolean {
  return Object.values(delivered).every(isSettled);
}

function isSettled({ enqueued, delivered, coalesced, dropped }: DestinationStats): boolean {
  return delivered + coalesced + (dropped['duplicate'] ?? 0) >= enqueued;
}

/** One line per destination. */
export function printDelivered({ colors, line }: Terminal, delivered: Delivered): void {
  for (const [name, stats] of Object.entries(delivered)) {
    const { shut_down: unsent = 0, ...dropped } = stats.dropped;
    const counts: readonly (readonly [number, string])[] = [
      [stats.coalesced, 'coalesced into a later one'],
      [stats.spooled, 'waiting on disk'],
      [stats.rejected, 'rejected'],
      [unsent, 'not sent'],
      [stats.skipped, 'skipped'],
      ...Object.entries(dropped).map(([reason, count]) => [count, `dropped (${reason})`] as const),
    ];
    const notes = counts.filter(([count]) => count > 0).map(([count, what]) => `, ${count} ${what}`);
    const mark = isSettled(stats) ? colors.green('✓') : colors.red('✗');
    const failure = stats.failure === undefined ? '' : `: ${plain(stats.failure)}`;
    line(`${mark} ${colors.bold(name)}: ${stats.delivered} of ${stats.enqueued} delivered${notes.join('')}${failure}.`);
  }
}
