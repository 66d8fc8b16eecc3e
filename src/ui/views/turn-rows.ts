import type { ToolSpan } from '../../gateway/api/routes.ts';
import { withoutMarks } from '../text.ts';
import type { ConversationRow, Turn } from './transcript.ts';

/** One interaction, or the tools that ran between two of them. */
export interface TurnRow {
  readonly id: string;
  readonly turn: number;
  readonly isFirst: boolean;
  readonly text: string;
  readonly seconds: number;
  readonly hasFailed: boolean;
  readonly row?: ConversationRow;
  readonly tools?: readonly ToolSpan[];
}

/** The tools that began after an interaction and before the next one stand between the two, as one row. */
export function turnRowsOf(turns: readonly Turn[], tools: readonly ToolSpan[]): TurnRow[] {
  const interactions = turns.flatMap((turn) => turn.rows.map((row, index) => ({ turn, row, index })));
  const rows: TurnRow[] = [];
  const sorted = [...tools].sort((a, b) => a.startTime - b.startTime);
  let next = 0;
  interactions.forEach(({ turn, row, index }, place) => {
    rows.push({
      id: row.id,
      turn: turn.number,
      isFirst: index === 0,
      text: textOf(turn, row, index),
      seconds: row.duration,
      hasFailed: row.status === 'error',
      row,
    });
    const until = interactions[place + 1]?.row.startTime ?? Number.POSITIVE_INFINITY;
    const from = next;
    while (next < sorted.length && (sorted[next]?.startTime ?? 0) < until) next += 1;
    const ran = sorted.slice(from, next);
    if (ran.length > 0) rows.push(toolsRow(turn.number, ran));
  });
  return rows;
}

function toolsRow(turn: number, ran: readonly ToolSpan[]): TurnRow {
  const start = Math.min(...ran.map(({ startTime }) => startTime));
  const end = Math.max(...ran.map(({ endTime }) => endTime));
  return {
    id: `tools:${ran[0]?.spanId ?? ''}`,
    turn,
    isFirst: false,
    text: ran.map(({ name }) => name).join(' · '),
    seconds: (end - start) / 1_000,
    hasFailed: ran.some(({ error }) => error !== undefined),
    tools: ran,
  };
}

/** The first one of a turn is known by the question, the others by their answers. */
function textOf(turn: Turn, row: ConversationRow, index: number): string {
  if (index === 0 && turn.title !== '') return turn.title;
  return withoutMarks(row.answer) ?? (row.tools.length > 0 ? row.tools.join(', ') : row.name);
}
