import { defined, someOf } from '../../interaction/defined.ts';
import type { Interaction, Outcome } from '../../interaction/interaction.ts';
import { jsonText } from '../../interaction/json.ts';
import type { OutputMessage } from '../../interaction/message.ts';
import { idOf, numberOf, recordOf, stringOf } from '../../interaction/unknown.ts';
import { derivedIds, spanIdOf, traceIdOf } from '../derived-ids.ts';
import { dated } from '../route-parts.ts';
import type { ReceivedFeedback } from '../routes.ts';
import { OWN, SOURCE } from './custom-attributes.ts';
import { decodeInference } from './decode.ts';
import type { AthinaInference } from './payload.ts';

type SpanIds = Pick<Interaction, 'traceId' | 'spanId'>;

/** Athina's id of a logged inference, by which its client changes it later. */
export function promptRunId({ traceId, spanId }: SpanIds): string {
  return `${traceId}-${spanId}`;
}

export function spanOfPromptRun(id: string): SpanIds | undefined {
  const traceId = traceIdOf(id.slice(0, 32));
  const spanId = spanIdOf(id.slice(33));
  return traceId === undefined || spanId === undefined || id[32] !== '-' ? undefined : { traceId, spanId };
}

/** Equal bodies without an id within this time are one. */
const SAME_MILLIS = 10_000;
/** athina-logger repeats a request that failed after 100 ms, which may be in the next period. */
const RESEND_MILLIS = 1_000;

/** Whether a request and its resend may be in two periods. */
export function isAtEdge(receivedAt: number): boolean {
  return (receivedAt + RESEND_MILLIS) % SAME_MILLIS < 2 * RESEND_MILLIS;
}

export interface Identified {
  readonly interaction: Interaction;
  /** The ids that it has if an equal body came a moment earlier, in the period before. */
  readonly earlier?: Pick<Interaction, 'id' | 'traceId' | 'spanId'>;
}

/**
 * The interaction of a body, at a time, with ids by which a resend is the same one. A body that names no id at all is a
 * resend when an equal one came within the same ten seconds, or a second before.
 */
export function identified(body: AthinaInference, receivedAt: number): Identified {
  const interaction = dated(decodeInference(body), receivedAt);
  if (isIdentified(body)) return { interaction };
  const period = Math.floor(receivedAt / SAME_MILLIS);
  const idsIn = (which: number): Pick<Interaction, 'id' | 'traceId' | 'spanId'> => {
    const { traceId, spanId } = derivedIds(`${jsonText(body)}@${which}`);
    return { id: `${traceId}:${spanId}`, traceId, spanId };
  };
  return {
    interaction: { ...interaction, ...idsIn(period) },
    ...(receivedAt % SAME_MILLIS < RESEND_MILLIS && { earlier: idsIn(period - 1) }),
  };
}

function isIdentified({
  external_reference_id,
  custom_attributes: custom,
  response,
  request,
}: AthinaInference): boolean {
  const ids = [external_reference_id, request?.litellm_call_id, idOf(recordOf(response)?.['id'])];
  return ids.some((id) => id !== undefined && id !== null) || spanIdOf(custom?.[OWN.spanId]) !== undefined;
}

/**
 * A run with one more of its messages: Athina has one record per message. The last record carries the values of the whole
 * run.
 */
export function joinRun(known: Interaction | undefined, received: Interaction): Interaction {
  const { traceId, spanId } = received;
  const id = known?.id ?? `${traceId}:${spanId}`;
  const { messages, messageIds, reference } = outputOf(received);
  const outputMessages = someOf(withMessages(known?.outputMessages ?? [], messages));
  const { externalReferenceId: _, outputMessages: __, ...shared } = received;
  return defined({
    ...known,
    ...shared,
    id,
    outputMessages,
    messageIds: messageIds ?? known?.messageIds,
    externalReferenceId: reference ?? known?.externalReferenceId,
    usage: received.usage ?? known?.usage,
    cost: received.cost ?? known?.cost,
    outcome: worse(known?.outcome, received.outcome),
    startTime: known?.startTime ?? received.startTime,
    endTime: known?.endTime ?? received.endTime,
  });
}

interface Output {
  readonly messages: readonly OutputMessage[];
  readonly messageIds: Interaction['messageIds'];
  readonly reference: string | undefined;
}

/** The reference of a run's record is the id of its message, where the message has one. */
function outputOf({ outputMessages: messages = [], externalReferenceId: reference, spanId }: Interaction): Output {
  if (reference === undefined || !/^msg_/.test(reference)) {
    const isMadeUp = reference === spanId || reference?.startsWith(`${spanId}:`);
    return { messages, messageIds: undefined, reference: isMadeUp ? undefined : reference };
  }
  if (messages.length === 0) return { messages, messageIds: { out: [reference] }, reference: undefined };
  return {
    messages: messages.map((message) => ({ ...message, id: reference })),
    messageIds: undefined,
    reference: undefined,
  };
}

/** A message that is sent again replaces the first: it has the same id or, without an id, equal content. */
function withMessages(known: readonly OutputMessage[], received: readonly OutputMessage[]): readonly OutputMessage[] {
  const messages = [...known];
  for (const message of received) {
    const place = messages.findIndex((other) =>
      message.id === undefined ? jsonText(other) === jsonText(message) : other.id === message.id,
    );
    if (place < 0) messages.push(message);
    else messages[place] = message;
  }
  return messages;
}

function worse(known: Outcome | undefined, received: Outcome): Outcome {
  return known?.status === 'error' ? known : received;
}

/** The feedback that an inference was logged with: one entry for each interaction. */
export function feedbackIn(interaction: Interaction, time: number): readonly ReceivedFeedback[] {
  const score = numberOf(interaction.source?.[SOURCE.feedback]);
  if (score === undefined) return [];
  const { traceId, spanId, conversationId, responseId, externalReferenceId: answerId, user } = interaction;
  const feedback = defined({
    rating: score > 0 ? ('positive' as const) : ('negative' as const),
    score,
    comment: stringOf(interaction.source?.[SOURCE.feedbackComment]),
    traceId,
    spanId,
    conversationId,
    responseId,
    answerId,
    user,
    time,
  });
  return [{ id: `athina:${answerId ?? promptRunId(interaction)}`, feedback }];
}
