import { DEFAULT_PROJECT } from '../semconv/project.ts';
import { INTERACTIONS } from './lists.ts';
import type { StoreReader } from './reader.ts';

const conditions = {
  responseId: 'i.response_id = ?1',
  messageId: 'i.id IN (SELECT m.interaction FROM messages m WHERE m.id = ?1)',
  conversation: 'c.public_id = ?1',
};

/**
 * The interaction that a response, a message or the public id of a conversation names. Of several, the one that answered
 * with the message, else the latest; without a project, that of the default project, else that of the first by name.
 */
export function interactionNamedBy(
  { db }: StoreReader,
  by: keyof typeof conditions,
  id: string,
  project?: string,
): { readonly id: string; readonly project: string } | undefined {
  const [row] = db.all(
    `${INTERACTIONS} WHERE ${conditions[by]} AND i.is_hidden = 0 AND (?2 IS NULL OR i.project = ?2)
       ORDER BY i.project <> '${DEFAULT_PROJECT}', i.project,
         EXISTS (SELECT 1 FROM messages m WHERE m.id = ?1 AND m.interaction = i.id AND m.is_output = 1) DESC,
         i.sort_us DESC LIMIT 1`,
    id,
    project ?? null,
  );
  return row && { id: String(row['key']), project: String(row['project']) };
}
