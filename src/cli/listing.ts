import { clip, padEnd, padStart, plain, type Terminal, terminalOn } from './terminal.ts';

type Row = Readonly<Record<string, unknown>>;

/** From this width on, a row is one line. */
const WIDE = 78;

/** Prints rows for people, or one JSON document for scripts. */
export function printRows(
  rows: readonly object[],
  asJson: boolean,
  kind: 'conversation' | 'trace' | 'interaction',
): void {
  if (asJson) {
    process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    return;
  }
  const terminal = terminalOn(process.stdout);
  if (rows.length === 0) terminal.line(`No ${kind} found.`);
  for (const row of rows) printRow(terminal, row as Row, kind);
}

function printRow({ colors, columns, line }: Terminal, row: Row, kind: string): void {
  const at = new Date(Number(row['lastAt'] ?? row['endTime'] ?? 0)).toISOString().slice(0, 19).replace('T', ' ');
  const isError = row['status'] === 'error' || Number(row['errors'] ?? 0) > 0;
  const cost = typeof row['cost'] === 'number' ? `$${row['cost'].toFixed(row['cost'] < 0.01 ? 6 : 4)}` : '—';
  const title = String(row['title'] ?? (kind === 'trace' ? row['name'] : '') ?? '');
  const count = row['interactions'] === undefined ? '' : `${row['interactions']}×`;
  const models = plain(Array.isArray(row['models']) ? row['models'].join(',') : String(row['model'] ?? ''));
  const text = plain(isError && row['error'] ? `${title} · ${row['error']}` : title);
  const shown = (width: number): string => (isError ? colors.red(clip(text, width)) : clip(text, width));
  const figures = `${colors.dim(at)} ${padStart(count, 4)} ${padStart(cost, 10)}`;
  if (columns < WIDE) {
    line(figures);
    line(`  ${shown(columns - 2)}`);
  } else line(`${figures}  ${padEnd(clip(models, 20), 20)} ${shown(columns - 58)}`);
}
