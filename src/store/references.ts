import type { Interaction } from '../interaction/interaction.ts';
import type { Connection } from '../sqlite/connection.ts';
import { messageIdsOf } from './interaction-row.ts';

/** The ids of messages and tool calls under which an interaction can be found. @returns how many there are */
export function writeMessages(db: Connection, id: number, interaction: Interaction): number {
  const { input, output } = messageIdsOf(interaction);
  for (const message of input) db.run('INSERT OR IGNORE INTO messages VALUES (?, ?, 0)', message, id);
  for (const message of output) db.run('INSERT OR IGNORE INTO messages VALUES (?, ?, 1)', message, id);
  return input.size + output.size;
}

/** An interaction's row. */
interface Target {
  readonly project: string;
  readonly key: string;
  readonly id: number;
}

/** Feedback may come before the answer that it is about. */
export function resolveFeedback(
  db: Connection,
  { project, key, id }: Target,
  { traceId, spanId, responseId, externalReferenceId, conversationId }: Interaction,
): void {
  const [open] = db.all('SELECT 1 FROM feedback WHERE project = ? AND interaction IS NULL LIMIT 1', project);
  if (!open) return;
  db.run(
    `UPDATE feedback SET interaction = ? WHERE project = ? AND interaction IS NULL AND (
       (trace_id = ? AND span_id = ?) OR response_id = ? OR message_id IN (SELECT id FROM messages WHERE interaction = ?)
       OR message_id IN (?, ?, ?)
       OR (conversation_name = ? AND response_id IS NULL AND message_id IS NULL AND span_id IS NULL))`,
    key,
    project,
    traceId,
    spanId,
    responseId ?? null,
    id,
    // What is stored as the message is any name that a vendor has for the answer.
    externalReferenceId ?? null,
    responseId ?? null,
    spanId,
    conversationId ?? null,
  );
}
