/** One line of the table. `isMet: undefined` means that it could not be measured here, and `note` says why. */
export function figure(id, name, required, measured, isMet, note) {
  return { id, name, required, measured: String(measured), isMet, ...(note && { note }) };
}

/** A figure that the load of the machine moves as well: the short form shows it, and only the long form fails on it. */
export function timed(...args) {
  return { ...figure(...args), isTimed: true };
}

export function skipped(id, name, required, why) {
  return figure(id, name, required, 'not measured', undefined, why);
}

const verdict = ({ isMet }) => (isMet === undefined ? 'skipped' : isMet ? 'pass' : 'MISS');

/** A table in Markdown, so that README can quote it as it stands. */
export function table(figures) {
  const rows = [
    ['', 'figure', 'required', 'measured', ''],
    ...figures.map((each) => [each.id, each.name, each.required, each.measured, verdict(each)]),
  ];
  const widths = rows[0].map((_, column) => Math.max(3, ...rows.map((row) => row[column].length)));
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  const [head, ...body] = rows;
  const notes = figures.filter(({ note }) => note).map((each) => `${each.id} ${each.name}: ${each.note}`);
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line), '', ...notes].join('\n');
}

/** The value below which 99 % lie. */
export function percentile(values, share) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
