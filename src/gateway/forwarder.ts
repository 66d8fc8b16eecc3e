import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../configuration/environment.ts';
import type { Attempt } from '../delivery/delivery.ts';
import { createTransport, type Transport } from '../delivery/http/transport.ts';
import { dropRecords, replayDeadLetters } from '../delivery/spool/inspect.ts';
import type { SpanOutcome } from '../exporter/destination.ts';
import { type DestinationContext, planDestination } from '../exporter/destinations/open-destination.ts';
import { openPipeline, type Pipeline } from '../exporter/pipeline.ts';
import { resolveContent } from '../exporter/settings.ts';
import type { Mask } from '../interaction/mask.ts';
import { interactionFrom } from '../semconv/from-spans.ts';
import type { SpanData } from '../semconv/span-data.ts';
import { spanDataOf } from '../semconv/to-span.ts';
import type { DeliveryNote, DeliveryState } from '../store/port.ts';
import type { Store } from '../store/store.ts';
import type { Feedback } from '../vendors/feedback.ts';
import type { RouteChanges } from '../vendors/routes.ts';
import type { Log } from './log.ts';
import { answerExcerpt } from './own-secrets.ts';

export interface ForwarderOptions {
  /** Names of destinations, as in `SPANPORT_DESTINATIONS`. */
  readonly names: readonly string[];
  readonly environment: Environment;
  readonly store: Store;
  readonly mask: Mask;
  readonly log: Log;
  /** Called after notes were stored. */
  readonly onNoted: (notes: readonly DeliveryNote[]) => void;
}

/** Names the gateways that a span has passed, so that two gateways that forward to each other do not loop forever. */
const PASSED = 'spanport.gateway.passed';
/** The same in a request to a vendor's API, whose payload has no place for it. */
export const PASSED_HEADER = 'x-spanport-passed';
/** A longer list is not of gateways that forward to each other on purpose. */
const MAX_PASSED = 32;
const NOTE_MILLIS = 100;
const RESEND_MILLIS = 5_000;
const SPOOL_BYTES = 268_435_456;
/** Interactions whose project is remembered while they are on their way. */
const MAX_FOLLOWED = 100_000;

/** Sends what is stored on to destinations, through the pipeline and the spool that applications use. */
export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #spoolFolder: string;
  readonly #self: string;
  readonly #excerpt: (answer: string) => string;
  /** One for each destination: an interaction does not go back to where it came from. */
  readonly #pipelines = new Map<string, Pipeline>();
  /** From the key of a record to its interaction. */
  readonly #followed = new Map<string, Followed>();
  /** The gateways that sent something to this one: a record that is not followed may have come from any of them. */
  readonly #senders = new Set<string>();
  #notes: DeliveryNote[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @throws ConfigurationError for a destination that cannot work */
  constructor(options: ForwarderOptions) {
    this.#options = options;
    const { names, environment, store, mask } = options;
    this.#spoolFolder = join(store.folder, 'spool');
    this.#excerpt = answerExcerpt(environment, mask);
    this.#self = createHash('sha256').update(`${hostname()}\n${store.folder}`).digest('hex').slice(0, 16);
    const context = this.#context(environment);
    const planned = names.map((name) => [name, planDestination(name, context)] as const);
    for (const [name, open] of planned) {
      const pipeline = openPipeline({
        mask,
        transport: (_, connection) => this.#marking(createTransport(connection)),
        onAttempt: (attempt) => this.#attempted(attempt),
        report: (message) => this.#options.log.warn(message),
      });
      pipeline.join(open);
      this.#pipelines.set(name, pipeline);
    }
  }

  get names(): readonly string[] {
    return [...this.#pipelines.keys()];
  }

  /** @param from the API that they came by */
  take(spans: readonly SpanData[], project: string, from: string): void {
    if (this.#pipelines.size === 0) return;
    for (const span of spans) {
      const passed = gatewaysIn(span.resource[PASSED]);
      if (!this.#mayForward(passed)) continue;
      const marked = { ...span, resource: { ...span.resource, [PASSED]: [...passed, this.#self].join(',') } };
      const interaction = interactionFrom(span)?.id;
      const followed = interaction === undefined ? undefined : { project, interaction, passed };
      for (const [name, pipeline] of this.#pipelines) {
        if (name !== from) this.#send(pipeline, name, marked, followed);
      }
    }
  }

  /** Forwards what a vendor's client wrote. @param header the value of {@link PASSED_HEADER}, where another gateway sent it */
  takeChanges(
    vendor: string,
    { interactions = [], feedback = [] }: RouteChanges,
    project: string,
    header: string | undefined,
  ): void {
    const passed = gatewaysIn(header);
    if (!this.#mayForward(passed)) return;
    const spans = interactions.map((interaction) => {
      const span = spanDataOf(interaction);
      return { ...span, resource: { ...span.resource, [PASSED]: passed.join(',') } };
    });
    this.take(spans, project, vendor);
    for (const each of feedback) this.takeFeedback(each.feedback, vendor);
  }

  /** Sends feedback to the destinations that have a call for it. @param from the API that it came by */
  takeFeedback(feedback: Feedback, from: string): void {
    for (const [name, { destinations }] of this.#pipelines) {
      if (name !== from) for (const destination of destinations) destination.feedback?.(feedback);
    }
  }

  /** Sends one interaction again. @returns whether there is such a destination */
  async resend(id: string, name: string): Promise<boolean> {
    const pipeline = this.#pipelines.get(name);
    const found = await this.#options.store.read.interaction(id);
    if (!pipeline || !found) return false;
    // The keys of an interaction's records begin with its id.
    const isOwn = (key: string): boolean => key === id || key.startsWith(`${id}:`);
    if (replayDeadLetters(this.#spoolFolder, name, isOwn) > 0) {
      this.#note({ project: found.row.project, interaction: id, destination: name, state: 'waiting', atUs: now() });
      void pipeline.flush(RESEND_MILLIS);
      return true;
    }
    const followed = { project: found.row.project, interaction: id, passed: [] };
    this.#send(pipeline, name, spanDataOf(found.interaction), followed);
    return true;
  }

  /** Puts all dead letters of a destination back into its queue. @returns how many */
  async resendAll(name: string): Promise<number> {
    const replayed = replayDeadLetters(this.#spoolFolder, name);
    await this.#options.store.changeDeliveries(name, 'dead', 'waiting');
    // A flush looks into the spool at once; otherwise it is looked at every few seconds.
    void this.#pipelines.get(name)?.flush(RESEND_MILLIS);
    return replayed;
  }

  /** Deletes the dead letters of a destination, also of one that this gateway does not forward to now. @returns how many */
  dropDead(name: string): Promise<number> {
    dropRecords(this.#spoolFolder, { destination: name });
    return this.#options.store.changeDeliveries(name, 'dead', 'deleted');
  }

  /** Ends the destinations; what they have not sent stays on the disk for the next start. */
  async close(timeoutMillis: number): Promise<void> {
    await Promise.all([...this.#pipelines.values()].map((pipeline) => pipeline.shutdown(timeoutMillis)));
    await this.#flush();
  }

  #context(environment: Environment): DestinationContext {
    return {
      environment,
      content: resolveContent(undefined, environment),
      contentOnSpans: false,
      spool: { dir: this.#spoolFolder, maxBytes: SPOOL_BYTES, durability: 'batch' },
      namedBy: '--forward or SPANPORT_FORWARD',
      warn: (message) => this.#options.log.warn(message),
    };
  }

  /** Whether what passed these gateways may go on, because it has not been here before. */
  #mayForward(passed: readonly string[]): boolean {
    for (const gateway of passed) if (this.#senders.size < MAX_PASSED) this.#senders.add(gateway);
    return passed.length < MAX_PASSED && !passed.includes(this.#self);
  }

  /** Names the gateways that the records of a request have passed, this one included. */
  #marking(transport: Transport): Transport {
    return (request, signal, keys = []) => {
      const passed = keys.flatMap((key) => this.#followedBy(key)?.passed ?? [...this.#senders]);
      const marker = [...new Set([...passed, this.#self])].join(',');
      return transport({ ...request, headers: { ...request.headers, [PASSED_HEADER]: marker } }, signal, keys);
    };
  }

  #send(pipeline: Pipeline, destination: string, span: SpanData, followed: Followed | undefined): void {
    if (followed === undefined) {
      pipeline.take(span);
      return;
    }
    const { project, interaction } = followed;
    this.#follow(interaction, followed);
    this.#follow(`${span.traceId}:${span.spanId}`, followed);
    this.#note({ project, interaction, destination, state: 'waiting', atUs: now() });
    pipeline.take(span, {
      settled: (settlements) => {
        for (const { outcome } of settlements) this.#settled(project, interaction, destination, outcome);
      },
    });
  }

  #follow(key: string, followed: Followed): void {
    if (this.#followed.size >= MAX_FOLLOWED) this.#followed.clear();
    this.#followed.set(key, followed);
  }

  #followedBy(key: string): Followed | undefined {
    return this.#followed.get(key) ?? this.#followed.get(key.replace(/:\d+$/, ''));
  }

  #settled(project: string, interaction: string, destination: string, outcome: SpanOutcome): void {
    const note = { project, interaction, destination, atUs: now() };
    if (outcome.status === 'delivered') this.#note({ ...note, state: 'delivered' });
    else if (outcome.status === 'coalesced') this.#note({ ...note, state: 'coalesced', carriedBy: outcome.into });
    else if (outcome.status === 'rejected') this.#note({ ...note, state: 'dead', reason: outcome.reason });
    else if (outcome.status === 'on_disk') this.#note({ ...note, state: 'waiting' });
    // It was sent before, and that outcome still applies.
    else if (outcome.reason !== 'duplicate') this.#note({ ...note, state: 'skipped', reason: outcome.reason });
  }

  /** Also called for records that an earlier process left in the spool. */
  #attempted({ destination, keys, at, durationMillis, httpStatus, answer, outcome, waitMillis }: Attempt): void {
    // Refused together: the sender tries smaller requests, so that only a record that is refused alone is a dead letter.
    const isTriedAgain = outcome.status === 'rejected' && keys.length > 1;
    const [state, word] = isTriedAgain ? states.split : states[outcome.status];
    const refusal = 'reason' in outcome ? outcome.reason : undefined;
    const reason = isTriedAgain ? `${refusal} (in one request with ${keys.length - 1} more)` : refusal;
    const attempt = {
      at,
      durationMillis: Math.round(durationMillis),
      outcome: word,
      ...(httpStatus !== undefined && { status: httpStatus }),
      ...(reason !== undefined && { reason }),
      ...(answer !== undefined && { answer: this.#excerpt(answer) }),
      ...(outcome.status === 'retryable' && {
        waitMillis,
        waitReason: outcome.retryAfterMillis === undefined ? 'backoff' : 'retry-after',
      }),
    };
    if (outcome.status === 'split') return;
    for (const key of keys) {
      const followed = this.#followedBy(key);
      const note = { destination, state, atUs: now(), attempt, ...(reason !== undefined && { reason }) };
      if (followed) this.#note({ project: followed.project, interaction: followed.interaction, ...note });
      else void this.#noteUnknown(key, note);
    }
  }

  async #noteUnknown(key: string, note: Omit<DeliveryNote, 'project' | 'interaction'>): Promise<void> {
    const found = await this.#options.store.read.interaction(key).catch(() => undefined);
    if (found) this.#note({ project: found.row.project, interaction: key, ...note });
  }

  #note(note: DeliveryNote): void {
    this.#notes.push(note);
    this.#timer ??= setTimeout(() => void this.#flush(), NOTE_MILLIS);
  }

  async #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const notes = this.#notes.splice(0);
    if (notes.length === 0) return;
    try {
      await this.#options.store.note(notes);
      this.#options.onNoted(notes);
    } catch (error) {
      this.#options.log.warn(`the state of ${notes.length} deliveries was not stored: ${(error as Error).message}`);
    }
  }
}

/** An interaction on its way, and the gateways that it passed before this one. */
interface Followed {
  readonly project: string;
  readonly interaction: string;
  readonly passed: readonly string[];
}

/** The ids of gateways in a list that another gateway wrote. */
function gatewaysIn(list: unknown): readonly string[] {
  return typeof list === 'string' ? list.split(',').filter((id) => /^[0-9a-f]{16}$/.test(id)) : [];
}

const states: Readonly<Record<Attempt['outcome']['status'], readonly [DeliveryState, string]>> = {
  delivered: ['delivered', 'delivered'],
  retryable: ['retrying', 'retry'],
  rejected: ['dead', 'rejected'],
  blocked: ['stopped', 'stopped'],
  split: ['retrying', 'retry'],
};

function now(): number {
  return Date.now() * 1e3;
}
