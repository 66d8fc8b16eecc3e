import { keyIn } from '../exporter/project-keys.ts';
import { isUnfinished } from '../interaction/background-response.ts';
import type { Interaction } from '../interaction/interaction.ts';
import { OPERATION } from '../semconv/names.ts';
import { fitted } from '../vendors/fit.ts';

/** Brokers refuse a message of more than 1 MiB by default. Longer texts are cut, with a mark. */
export const MAX_VALUE_BYTES: number = 900_000;

/** Raised when a worker could not read what the one before wrote. */
const HEADERS = { 'spanport-format': 'interaction/1' } as const;

/** An interaction as a message of the topic from which destinations are fed. */
export interface InteractionMessage {
  /**
   * Messages with one key stay in order and on one worker. It also names the project, which a record keeps when it is a
   * dead letter that is written back.
   */
  readonly key: string;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether texts had to be cut. */
  readonly isCut: boolean;
}

/** @param maxBytes how large the value may be. It is larger only where no text is left to cut */
export function messageFor(
  interaction: Interaction,
  project: string,
  maxBytes: number = MAX_VALUE_BYTES,
): InteractionMessage {
  let value = Buffer.from(JSON.stringify(interaction));
  const wholeBytes = value.byteLength;
  if (wholeBytes > maxBytes) value = Buffer.from(JSON.stringify(fitted(interaction, maxBytes)));
  return {
    key: keyIn(project, keyFor(interaction)),
    value,
    headers: HEADERS,
    isCut: value.byteLength < wholeBytes,
  };
}

/** Both halves of a background response have its id in common, but perhaps neither conversation nor trace. */
function keyFor(interaction: Interaction): string {
  const { responseId, conversationId, traceId, operation } = interaction;
  const isHalf = operation === OPERATION.fetchResponse || isUnfinished(interaction);
  return (isHalf ? responseId : undefined) ?? conversationId ?? traceId;
}

/** @throws TypeError when the bytes are not such a message */
export function interactionFrom(value: Buffer): Interaction {
  const found: unknown = JSON.parse(value.toString());
  if (isInteraction(found)) return found;
  throw new TypeError('The message is not an interaction: it lacks id, trace, span, operation, times or outcome.');
}

function isInteraction(found: unknown): found is Interaction {
  if (typeof found !== 'object' || found === null) return false;
  const { id, traceId, spanId, name, operation, startTime, endTime, outcome } = found as Record<string, unknown>;
  const texts = [id, traceId, spanId, name, operation];
  return (
    texts.every((each) => typeof each === 'string' && each !== '') &&
    [startTime, endTime].every((each) => typeof each === 'number' && Number.isFinite(each)) &&
    typeof outcome === 'object' &&
    outcome !== null
  );
}
