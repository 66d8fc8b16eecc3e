import { clip, padEnd, padStart, type Terminal, terminalOn } from './terminal.ts';

type Row = Readonly<Record<string, unknown>>;

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
  const models = Array.isArray(row['models']) ? row['models'].join(',') : String(row['model'] ?? '');
  const figures = `${padStart(count, 4)} ${padStart(cost, 10)}  ${padEnd(clip(models, 20), 20)}`;
  const text = clip(isError && row['error'] ? `${title} · ${row['error']}` : title, Math.max(20, columns - 62));
  line(`${colors.dim(at)} ${figures} ${isError ? colors.red(text) : text}`);
}
