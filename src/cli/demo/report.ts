import type { SpanData } from '../../semconv/span-data.ts';
import { jsonView } from '../json-view.ts';
import { padEnd, type Terminal, wrap } from '../terminal.ts';
import type { DemoVendor } from './destinations.ts';
import type { Say } from './scenario.ts';
import { dollarsOf, printTrace, tracesOf } from './span-tree.ts';

export function printHeader(terminal: Terminal, version: string, facts: Readonly<Record<string, string>>): void {
  const { colors, columns, line } = terminal;
  line(`${colors.bold('Spanport demo')}  ${colors.dim(`openai ${version} · Node ${process.versions.node}`)}`);
  line();
  for (const [name, fact] of Object.entries(facts)) {
    wrap(fact, columns - 11).forEach((text, index) => {
      line(`  ${colors.cyan(padEnd(index === 0 ? name : '', 9))}${text}`);
    });
  }
}

export function printPart({ colors, line }: Terminal, number: number, title: string): void {
  line();
  line(`${colors.bold(colors.magenta(`${number}`))}  ${colors.bold(title)}`);
  line();
}

/** One line of the conversation as it happens; longer texts go on below. */
export function sayOn({ colors, columns, line }: Terminal): Say {
  return (who, text) => {
    const color = who === 'user' ? colors.green : who === 'assistant' ? colors.blue : colors.cyan;
    wrap(text, columns - 14).forEach((part, index) => {
      line(`  ${color(padEnd(index === 0 ? who : '', 11))}${part}`);
    });
  };
}

export function printTraces(terminal: Terminal, spans: readonly SpanData[]): void {
  const { colors, line } = terminal;
  for (const trace of tracesOf(spans)) {
    line();
    line(colors.dim(`  trace ${trace[0]?.traceId} · ${count(trace.length, 'span')}`));
    printTrace(terminal, trace);
  }
}

/** The last payload of each vendor, or with `full` all of them. */
export function printPayloads(terminal: Terminal, vendors: readonly DemoVendor[], full: boolean): void {
  const { colors, columns, line } = terminal;
  for (const { name, sink, liveHost } of vendors) {
    const last = sink.received.at(-1);
    if (!last) {
      line(`  ${colors.bold(name)}  ${colors.red('got nothing')}`);
      continue;
    }
    const statuses = [...new Set(sink.received.map(({ status }) => status))].join(', ');
    const where = liveHost ? `${liveHost}, through ${sink.url}` : sink.url;
    line(
      `  ${colors.bold(name)}  ${sink.received.length} × ${last.method} ${last.path} → ${statuses}  ${colors.dim(where)}`,
    );
    const shown = full ? sink.received : [last];
    if (!full && sink.received.length > 1) line(colors.dim('  the last one:'));
    for (const { body } of shown) line(jsonView(body, { colors, columns, indent: 2, full }));
    line();
  }
}

/** The last lines: what was seen, and whether that is all. */
export function printSummary(
  { colors, line }: Terminal,
  spans: readonly SpanData[],
  vendors: readonly DemoVendor[],
  missing: readonly string[],
): void {
  for (const sentence of missing) line(colors.red(sentence));
  const tokens = (direction: string): number =>
    sum(spans.map(({ attributes }) => attributes[`gen_ai.usage.${direction}_tokens`]));
  const cost = sum(spans.map(({ attributes }) => attributes['spanport.cost.total']));
  const payloads = vendors.reduce((total, { sink }) => total + sink.received.length, 0);
  const seen = [
    `${count(spans.length, 'span')} in ${count(tracesOf(spans).length, 'trace')}`,
    `${tokens('input')} + ${tokens('output')} tokens`,
    cost > 0 ? `${dollarsOf(cost)} USD` : '',
    `${count(payloads, 'payload')} at ${count(vendors.length, 'vendor')}`,
  ];
  const mark = missing.length > 0 ? colors.red('✗ Seen') : colors.green('✓ All seen');
  line(`${mark}: ${seen.filter(Boolean).join(', ')}.`);
}

function sum(values: readonly unknown[]): number {
  return values.reduce<number>((total, value) => total + (typeof value === 'number' ? value : 0), 0);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
