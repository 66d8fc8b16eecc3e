import { hasAnswer } from '../interaction/background-response.ts';
import { OPERATION } from '../interaction/operation.ts';
import { ATTR } from '../semconv/names.ts';
import type { SpanData } from '../semconv/span-data.ts';
import { spanDataOf } from '../semconv/to-span.ts';
import type { StoreReader } from './reader.ts';
import type { FoundInteraction } from './rows.ts';

const OF_RESPONSE = 'FROM interactions WHERE response_id = ? AND project = ?';
const QUESTION = `SELECT 1 ${OF_RESPONSE} AND operation <> '${OPERATION.fetchResponse}' LIMIT 1`;
/** The call that created it, then the requests that fetched it. */
const KEYS = `SELECT key ${OF_RESPONSE} AND is_hidden = 0 ORDER BY operation = '${OPERATION.fetchResponse}', end_us, key`;

/** The interaction with the answer of a background response: the call that created it, else the first fetch that got it. */
export function answerOf(reader: StoreReader, responseId: string, project: string): FoundInteraction | undefined {
  for (const { key } of reader.db.all(KEYS, responseId, project)) {
    const found = reader.interaction(String(key), project);
    if (found && (found.interaction.operation !== OPERATION.fetchResponse || hasAnswer(found.interaction)))
      return found;
  }
  return undefined;
}

export interface InteractionToSend extends FoundInteraction {
  /** Describes the interaction to destinations. */
  readonly span: SpanData;
}

export function interactionToSend(reader: StoreReader, key: string, project?: string): InteractionToSend | undefined {
  const found = reader.interaction(key, project);
  return found && { ...found, span: spanOf(reader, found) };
}

/** A fetch keeps the mark of a background response where the question is not stored: destinations then get the answer. */
function spanOf(reader: StoreReader, { row: { project }, interaction }: FoundInteraction): SpanData {
  const span = spanDataOf(interaction);
  const { operation, responseId, traceId, spanId } = interaction;
  if (operation !== OPERATION.fetchResponse || responseId === undefined) return span;
  if (reader.db.all(QUESTION, responseId, project).length > 0) return span;
  const [stored] = reader.spans(traceId, { project, limit: 1 }, spanId).items;
  if (stored?.span.attributes[ATTR.responseBackground] !== true) return span;
  return { ...span, attributes: { ...span.attributes, [ATTR.responseBackground]: true } };
}
