import { BytePool } from '../../bounded/byte-pool.ts';
import type { Delivery, Destination, OutgoingRequest } from '../../delivery/delivery.ts';
import { diag } from '../../diagnostics/diag.ts';
import type { Interaction } from '../../interaction/interaction.ts';
import { wellFormedJson } from '../../interaction/text.ts';
import { withFailure } from '../../vendors/calls.ts';
import type { Feedback, UsageEvent, Vendor, VendorRecord } from '../../vendors/vendor.ts';
import { applyContentMode, type ContentMode, eventFor, feedbackFor } from '../content-policy.ts';
import type { SpanDestination, SpanListener } from '../destination.ts';
import { feedbackKey } from '../feedback-key.ts';
import { type Memory, type OpenMemory, openMemory } from '../memory.ts';
import { listenersFor } from '../settling.ts';
import { Histories } from './histories.ts';
import { recordsOf } from './records-of.ts';

const pool = new BytePool();
const decoder = new TextDecoder();

/** No vendor documents a limit. This one prevents a single record from delaying all others. */
const MAX_REQUEST_BYTES = 1 << 20;

/** An application shares its machine and the vendor's limits with others. */
const DEFAULT_CONCURRENCY = 8;

/** A vendor as a destination of delivery, which converts bytes to requests. */
export function deliveryDestination<Options, Payload>(
  vendor: Vendor<Options, Payload>,
  options: Options,
  concurrency: number = DEFAULT_CONCURRENCY,
): Destination {
  const merge = vendor.merge?.bind(vendor);
  const remote = vendor.remote?.(options);
  return {
    name: vendor.name,
    maxBatchRecords: 1,
    maxBatchBytes: MAX_REQUEST_BYTES,
    concurrency,
    prepare: ([body]): OutgoingRequest =>
      (body && vendor.requestFromText?.(body, options)) ?? vendor.request(payloadFrom<Payload>(body), options),
    outcome: (answer, asked) => vendor.outcome(answer, asked),
    ...(merge && {
      coalesce: (delivered: Uint8Array | undefined, waiting: readonly Uint8Array[]): Uint8Array => {
        let merged = delivered && payloadFrom<Payload>(delivered);
        for (const body of waiting) merged = merge(merged, payloadFrom<Payload>(body));
        return bytesFrom(merged);
      },
    }),
    ...(remote && {
      remote: {
        request: ([body]): OutgoingRequest | undefined => remote.request(payloadFrom<Payload>(body)),
        state(answer): Uint8Array | undefined {
          const payload = remote.payload(answer);
          return payload && bytesFrom(payload);
        },
      },
    }),
  };
}

/** Sends interactions to one vendor. */
export function vendorDestination<Options, Payload>(
  vendor: Vendor<Options, Payload>,
  options: Options,
  content: ContentMode,
  delivery: Delivery,
  memory: OpenMemory = openMemory,
): SpanDestination {
  const encoder = new Encoder(vendor, options, content, memory);
  const enqueue = ({ id, orderKey, payload }: VendorRecord<Payload>, listener?: SpanListener): void =>
    delivery.enqueue({ key: id, ...(orderKey !== undefined && { orderKey }), body: bytesFrom(payload) }, listener);
  const enqueueAll = (records: readonly VendorRecord<Payload>[], listener: SpanListener | undefined): void => {
    const listeners = listener && listenersFor(records.length, listener);
    for (const [index, record] of records.entries()) enqueue(record, listeners?.[index]);
  };
  const encodeUpdate = vendor.encodeUpdate?.bind(vendor);
  const update = (interaction: Interaction, revision: string, listener?: SpanListener): void => {
    const records = encodeUpdate
      ? encodeUpdate(applyContentMode(withFailure(interaction), content), options)
      : encoder.recordsFor(interaction);
    if (records.length === 0) listener?.settled({ status: 'skipped', reason: whySkipped([interaction]) });
    enqueueAll(
      records.map((each) => ({ ...each, id: `${each.id}@${revision}` })),
      listener,
    );
  };

  const record = (interactions: readonly Interaction[], listener?: SpanListener): void => {
    const { records, failures } = encodeEach(interactions, (each) => encoder.recordsFor(each), vendor.name);
    encoder.skipped += failures.length;
    if (listener && records.length === 0)
      listener.settled({ status: 'skipped', reason: failures.at(-1) ?? whySkipped(interactions) });
    enqueueAll(records, listener);
  };

  return {
    name: vendor.name,
    wantsContent: content !== 'none',
    take: ({ interactions }, listener) => record(interactions, listener),
    record,
    ...((encodeUpdate ?? vendor.merge) && { update }),
    // Only the vendor's own handler makes such records, so they contain this vendor's payloads.
    send: (make) => enqueue(make(content) as VendorRecord<Payload>),
    amend(amendment): void {
      encoder.amend = amendment;
    },
    ...(vendor.encodeFeedback && {
      feedback: (feedback, about) => enqueueAll(encoder.feedback(feedback, about), undefined),
    }),
    ...(vendor.encodeEvent && { usageEvent: (event) => enqueueAll(encoder.usageEvent(event), undefined) }),
    forceFlush: (timeoutMillis) => delivery.flush(timeoutMillis),
    shutdown: (timeoutMillis) => delivery.shutdown(timeoutMillis),
    stats: () => ({ ...delivery.stats(), skipped: encoder.skipped }),
  };
}

/** A vendor's records for interactions, and the ids by which it knows their answers. */
class Encoder<Options, Payload> {
  /** Interactions and events that this vendor has no record for. */
  skipped = 0;
  /** Changes each interaction before it is encoded. */
  amend = (interaction: Interaction): Interaction | undefined => interaction;
  readonly #vendor: Vendor<Options, Payload>;
  readonly #options: Options;
  readonly #content: ContentMode;
  readonly #answers: Answers;
  readonly #histories: Histories | undefined;

  constructor(vendor: Vendor<Options, Payload>, options: Options, content: ContentMode, memory: OpenMemory) {
    this.#vendor = vendor;
    this.#options = options;
    this.#content = content;
    this.#answers = new Answers(memory('answers'));
    // A vendor that coalesces records writes complete conversations, so each call must belong to one.
    this.#histories = vendor.merge && new Histories(memory('histories'));
  }

  recordsFor(interaction: Interaction): readonly VendorRecord<Payload>[] {
    const records = this.#encode(interaction);
    if (records.length === 0) this.skipped += 1;
    return records;
  }

  #encode(interaction: Interaction): readonly VendorRecord<Payload>[] {
    const amended = this.amend(interaction);
    const named = amended && this.#histories ? this.#histories.named(amended) : amended;
    const records = named ? recordsOf(this.#vendor, this.#options, named, this.#content) : [];
    for (const { answerId } of records) if (answerId !== undefined) this.#answers.remember(interaction, answerId);
    return records;
  }

  feedback(feedback: Feedback, about: Interaction | undefined): readonly VendorRecord<Payload>[] {
    const permitted = feedbackFor(this.#withAnswer(feedback, about), this.#content);
    const records = this.#vendor.encodeFeedback?.(permitted, this.#options) ?? [];
    return about ? records.map((each) => ({ ...each, id: feedbackKey(each.id, about) })) : records;
  }

  usageEvent(event: UsageEvent): readonly VendorRecord<Payload>[] {
    const permitted = eventFor(isOfAnswer(event) ? this.#withAnswer(event) : event, this.#content);
    const records = permitted ? (this.#vendor.encodeEvent?.(permitted, this.#options) ?? []) : [];
    if (records.length === 0) this.skipped += 1;
    return records;
  }

  /** @param answer what the feedback or event is about, if the caller has it: an earlier process may have sent it */
  #withAnswer<T extends Feedback | UsageEvent>(about: T, answer?: Interaction): T {
    const known = this.#answers.withId(about);
    if (known.answerId !== undefined || !answer) return known;
    this.#encode(answer);
    return this.#answers.withId(about);
  }
}

/** The records of all interactions. `failures` are the errors of those that could not be encoded. */
function encodeEach<T>(
  interactions: readonly Interaction[],
  recordsFor: (interaction: Interaction) => readonly T[],
  vendor: string,
): { readonly records: readonly T[]; readonly failures: readonly string[] } {
  const records: T[] = [];
  const failures: string[] = [];
  for (const interaction of interactions) {
    try {
      records.push(...recordsFor(interaction));
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
      diag.error(`spanport: ${vendor} could not encode ${interaction.id}`, error);
    }
  }
  return { records, failures };
}

function isOfAnswer({ messageId, responseId, conversationId, searchQuery }: UsageEvent): boolean {
  return Boolean(messageId ?? responseId ?? (conversationId === undefined && searchQuery === undefined));
}

function whySkipped(interactions: readonly Interaction[]): string {
  if (interactions.length === 0) return 'no call or run ends with this span';
  return 'the vendor has no record for it';
}

/** Marks an id that several answers have. */
const NONE = '';

/** The vendor's ids of the latest answers, so that feedback can refer to them by any of our ids. */
class Answers {
  readonly #known: Memory;

  constructor(known: Memory) {
    this.#known = known;
  }

  remember(interaction: Interaction, answerId: string): void {
    const { responseId, traceId, spanId, parentSpanId = '', conversationId } = interaction;
    for (const id of [responseId, ...messagesOf(interaction, answerId)]) {
      if (id === undefined) continue;
      const known = this.#known.get(id);
      // Some servers use the same id for every answer. Such an id identifies none.
      this.#known.set(id, known === undefined || known === answerId ? answerId : NONE);
    }
    for (const key of [
      `${traceId}:${spanId}`,
      // Feedback usually refers to the parent span of the call.
      `${traceId}:${parentSpanId}`,
      traceId,
      conversationId,
    ]) {
      if (key !== undefined) this.#known.set(key, answerId);
    }
  }

  /** Adds the vendor's id of the answer that the feedback or event refers to, if it is known. */
  withId<T extends Feedback | UsageEvent>(about: T): T {
    const answerId = this.#idFor(about);
    return answerId === undefined ? about : { ...about, answerId };
  }

  #idFor({ messageId, responseId, conversationId, traceId, spanId }: Feedback | UsageEvent): string | undefined {
    const named = messageId ?? responseId ?? conversationId;
    if (named !== undefined) return this.#known.get(named) || undefined;
    return traceId === undefined ? undefined : (this.#known.get(`${traceId}:${spanId}`) ?? this.#known.get(traceId));
  }
}

/** The messages that this vendor id refers to: a single one if the vendor has an id for each message of a run. */
function messagesOf({ messageIds, outputMessages }: Interaction, answerId: string): readonly (string | undefined)[] {
  const messages = messageIds?.out ?? outputMessages?.map(({ id }) => id) ?? [];
  return messages.includes(answerId) ? [answerId] : messages;
}

function bytesFrom(payload: unknown): Uint8Array {
  return pool.encode(wellFormedJson(JSON.stringify(payload)));
}

function payloadFrom<Payload>(body: Uint8Array | undefined): Payload {
  return JSON.parse(decoder.decode(body)) as Payload;
}
