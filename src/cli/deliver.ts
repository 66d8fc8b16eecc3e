import type { Environment } from '../configuration/environment.ts';
import type { DestinationStats, SpanDestination } from '../exporter/destination.ts';
import { destinationsFrom, openDestination } from '../exporter/destinations/open-destination.ts';
import { SpanIntake } from '../exporter/pipeline.ts';
import { resolveCapture, resolveContent, resolveSpool } from '../exporter/settings.ts';
import { maskSecrets } from '../interaction/mask.ts';
import type { SpanData } from '../semconv/span-data.ts';
import { readableSpanFrom } from '../semconv/to-span.ts';
import { Failure } from './failure.ts';
import type { Terminal } from './terminal.ts';

/** Spans under way at once: few enough for the queue of a destination that is slow. */
const PORTION = 500;
const PORTION_TIMEOUT_MILLIS = 60_000;

export type Delivered = Readonly<Record<string, DestinationStats>>;

/** The destinations that `--to` names, else those of the environment. @throws Failure when neither says anything */
export function destinationNames(
  to: unknown,
  environment: Environment,
  warn: (message: string) => void,
): readonly string[] {
  const named =
    typeof to === 'string'
      ? to
          .split(',')
          .map((name) => name.trim())
          .filter(Boolean)
      : [];
  if (named.length > 0) return named;
  const found = destinationsFrom(environment, warn);
  if (found !== 'none' && found.length > 0) return found;
  throw new Failure('No destination is set: name some with --to athina,otlp, or set SPANPORT_DESTINATIONS.', 2);
}

/** Hands spans to destinations, through the exporters that an application uses, and waits until all is settled. */
export class Sender {
  readonly #destinations: SpanDestination[];
  readonly #intake: SpanIntake;

  /** @throws ConfigurationError for a destination that cannot work */
  constructor(names: readonly string[], environment: Environment, warn: (message: string) => void) {
    const context = {
      environment,
      content: resolveContent(undefined, environment),
      contentOnSpans: resolveCapture(environment, warn).spans,
      spool: resolveSpool(undefined, environment),
      onDrain: () => this.#intake.drain(),
      warn,
    };
    this.#destinations = names.map((name) => openDestination(name, context));
    this.#intake = new SpanIntake(this.#destinations, maskSecrets);
  }

  async send(spans: readonly SpanData[]): Promise<void> {
    for (let from = 0; from < spans.length; from += PORTION) {
      for (const span of spans.slice(from, from + PORTION)) this.#intake.take(readableSpanFrom(span));
      this.#intake.drain();
      await Promise.all(this.#destinations.map((destination) => destination.forceFlush(PORTION_TIMEOUT_MILLIS)));
    }
  }

  /** Ends the destinations and tells what became of everything. */
  async finish(): Promise<Delivered> {
    this.#intake.end();
    await Promise.all(this.#destinations.map((destination) => destination.shutdown()));
    return Object.fromEntries(this.#destinations.map((destination) => [destination.name, destination.stats()]));
  }
}

/** Whether every record was taken, or joined to one that was. */
export function isComplete(delivered: Delivered): boolean {
  return Object.values(delivered).every(isSettled);
}

function isSettled({ enqueued, delivered, coalesced }: DestinationStats): boolean {
  return delivered + coalesced >= enqueued;
}

/** One line per destination. */
export function printDelivered({ colors, line }: Terminal, delivered: Delivered): void {
  for (const [name, stats] of Object.entries(delivered)) {
    const counts: readonly (readonly [number, string])[] = [
      [stats.coalesced, 'joined to a later one'],
      [stats.spooled, 'wait on disk'],
      [stats.rejected, 'refused'],
      ...Object.entries(stats.dropped).map(([reason, count]) => [count, `dropped (${reason})`] as const),
    ];
    const notes = counts.filter(([count]) => count > 0).map(([count, what]) => `, ${count} ${what}`);
    const mark = isSettled(stats) ? colors.green('✓') : colors.red('✗');
    line(`${mark} ${colors.bold(name)}: ${stats.delivered} of ${stats.enqueued} delivered${notes.join('')}.`);
  }
}
