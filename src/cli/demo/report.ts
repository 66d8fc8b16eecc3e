import type { SpanData } from '../../semconv/span-data.ts';
import { jsonView } from '../json-view.ts';
import { padEnd, padStart, plain, type Terminal, widthOf, wrap } from '../terminal.ts';
import type { DemoVendor } from './destinations.ts';
import type { Say } from './scenario.ts';
import { dollarsOf, printTrace, tracesOf } from './span-tree.ts';

/** The vendor whose payload is shown where there is room for one. */
const SHOWN_VENDOR = 'athina';

/** How much is shown: what fits on a screen of 80 by 45, or everything. */
export interface Extent {
  readonly full: boolean;
}

export function printHeader(terminal: Terminal, version: string, facts: Readonly<Record<string, string>>): void {
  const { colors, columns, line } = terminal;
  line(`${colors.bold('Spanport demo')}  ${colors.dim(`openai ${version}, Node ${process.versions.node}`)}`);
  for (const [name, fact] of Object.entries(facts)) {
    wrap(fact, columns - 11).forEach((text, index) => {
      line(`  ${colors.cyan(padEnd(index === 0 ? name : '', 9))}${text}`);
    });
  }
}

export function printPart({ colors, columns, line }: Terminal, number: number, title: string, remark = ''): void {
  line();
  const room = columns - widthOf(title) - 5;
  const shown = remark && widthOf(remark) <= room ? `  ${colors.dim(remark)}` : '';
  line(`${colors.bold(colors.magenta(`${number}`))}  ${colors.bold(title)}${shown}`);
}

/** One line of the conversation as it happens; longer texts go on below. */
export function sayOn({ colors, columns, line }: Terminal): Say {
  return (who, text) => {
    const color = who === 'user' ? colors.green : who === 'assistant' ? colors.blue : colors.cyan;
    wrap(text, columns - 14).forEach((part, index) => {
      line(`  ${color(padEnd(index === 0 ? who : '', 11))}${plain(part)}`);
    });
  };
}

export function printTraces(terminal: Terminal, spans: readonly SpanData[], { full }: Extent): void {
  const { colors, line } = terminal;
  for (const trace of tracesOf(spans)) {
    if (full) line(colors.dim(`  trace ${trace[0]?.traceId}, ${count(trace.length, 'span')}`));
    printTrace(terminal, trace, { notes: full });
  }
}

/** One line for each vendor, and the last payload of one; with `full` every payload of each. */
export function printPayloads(terminal: Terminal, vendors: readonly DemoVendor[], { full }: Extent): void {
  const { colors, columns, line } = terminal;
  const widest = Math.max(...vendors.map(({ name }) => widthOf(name)));
  const shown = vendors.find(({ name }) => name === SHOWN_VENDOR);
  const others = vendors.filter((vendor) => vendor !== shown);
  for (const vendor of full ? vendors : [...(shown ? [shown] : []), ...others]) {
    const { name, sink, liveHost } = vendor;
    const last = sink.received.at(-1);
    if (!last) {
      line(`  ${colors.bold(padEnd(name, widest))}  ${colors.red('received nothing')}`);
      continue;
    }
    const statuses = [...new Set(sink.received.map(({ status }) => status))].join(', ');
    const head = `${padStart(String(sink.received.length), 2)} × ${last.method} ${last.path}, HTTP ${statuses}`;
    const isShown = vendor === shown;
    const remark = liveHost ? `from ${liveHost}` : isShown && !full ? 'the last one:' : '';
    line(`  ${colors.bold(padEnd(name, widest))} ${head}${remark && `  ${colors.dim(remark)}`}`);
    if (full) for (const { body } of sink.received) line(jsonView(body, { colors, columns, indent: 2, full }));
    else if (isShown) line(jsonView(last.body, { colors, columns, indent: 2, packed: true }));
    if (full && vendor !== vendors.at(-1)) line();
  }
}

/** The last lines: what was seen, and whether that is all. */
export function printSummary(
  { colors, columns, line }: Terminal,
  spans: readonly SpanData[],
  vendors: readonly DemoVendor[],
  missing: readonly string[],
): void {
  line();
  for (const sentence of missing) line(colors.red(sentence));
  const tokens = (direction: string): number =>
    sum(spans.map(({ attributes }) => attributes[`gen_ai.usage.${direction}_tokens`]));
  const cost = sum(spans.map(({ attributes }) => attributes['spanport.cost.total']));
  const payloads = vendors.reduce((total, { sink }) => total + sink.received.length, 0);
  const seen = [
    `${count(spans.length, 'span')} in ${count(tracesOf(spans).length, 'trace')}`,
    `${tokens('input')} + ${tokens('output')} tokens`,
    cost > 0 ? dollarsOf(cost) : '',
    count(payloads, 'payload'),
  ];
  const [color, head] = missing.length > 0 ? [colors.red, '✗ Seen'] : [colors.green, '✓ All seen'];
  const [first = '', ...below] = wrap(`${head}: ${seen.filter(Boolean).join(', ')}.`, columns);
  line(color(head) + first.slice(head.length));
  for (const text of below) line(text);
}

function sum(values: readonly unknown[]): number {
  return values.reduce<number>((total, value) => total + (typeof value === 'number' ? value : 0), 0);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
