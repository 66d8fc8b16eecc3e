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
