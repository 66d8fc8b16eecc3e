import type { ArgsDef, CommandMeta } from 'citty';
import type { Environment } from '../configuration/environment.ts';
import { destinationsFrom } from '../exporter/destinations/open-destination.ts';
import type { SpanData } from '../semconv/span-data.ts';
import { vendors } from '../vendors/index.ts';
import type { Command } from './command.ts';
import { destinationNames, isComplete, namedBy, printDelivered, Sender } from './deliver.ts';
import { jsonView } from './json-view.ts';
import { secretsIn, withSampleSettings } from './preview-environment.ts';
import { RecordedRequests } from './recorded-requests.ts';
import { readSpans, SourceReport } from './span-source.ts';
import { type Terminal, terminalOn } from './terminal.ts';
import { WithoutRecord } from './without-record.ts';

const meta: CommandMeta = {
  name: 'export',
  description: 'Send a file of spans to destinations, or show what each would receive',
};

const args: ArgsDef = {
  file: {
    type: 'positional',
    description: 'Spans as OTLP/JSON: one request, or one per line as a file: destination writes them; - is stdin',
    required: true,
  },
  to: {
    type: 'string',
    description: 'Destinations, separated by commas; else those of the environment',
    valueHint: 'NAMES',
  },
  'dry-run': { type: 'boolean', description: 'Send nothing: print the payloads. No key is needed' },
  full: { type: 'boolean', description: 'With --dry-run: every payload in full length' },
  json: { type: 'boolean', description: 'Print one JSON document' },
};

const command: Command = {
  meta,
  args,
  examples: [
    'SPANPORT_DESTINATIONS=file:spans.jsonl node --import spanport/register app.js',
    'spanport export --dry-run --to athina,inkeep spans.jsonl',
    'spanport db export | spanport export --to athina -',
  ],
  notes: ['For records of a vendor use spanport import file, for what a gateway has stored spanport forward.'],
  async run({ args }): Promise<void> {
    const path = String(args['file']);
    const read = new SourceReport(path, warn);
    const spans = readSpans(path, read);
    const terminal = terminalOn(process.stdout);
    if (args['dry-run']) await preview(terminal, spans, args);
    else await send(terminal, spans, args['to'], args['json'] === true);
    if (read.unreadable > 0) process.exitCode = 1;
  },
};
export default command;

type Spans = AsyncIterable<readonly SpanData[]>;

async function send(terminal: Terminal, spans: Spans, to: unknown, json: boolean): Promise<void> {
  const sender = new Sender(destinationNames(to, process.env, warn), process.env, { warn, namedBy: namedBy(to) });
  await sender.sendAll(spans);
  const delivered = await sender.finish();
  if (json) printJson(delivered);
  else printDelivered(terminal, delivered);
  if (!isComplete(delivered)) process.exitCode = 1;
}

function warn(message: string): void {
  process.stderr.write(`${message}\n`);
}

/** Sends through the same pipeline, into a transport that records and accepts everything. */
async function preview(terminal: Terminal, spans: Spans, args: Readonly<Record<string, unknown>>): Promise<void> {
  const names = plannedNames(args['to'], process.env);
  const recorded = new RecordedRequests(names, secretsIn(process.env));
  const { transport, write } = recorded;
  const options = { warn, namedBy: namedBy(args['to']), spool: false as const, transport, write };
  const sender = new Sender(names, withSampleSettings(process.env), options);
  const without = new WithoutRecord();
  await sender.sendAll(without.watch(spans));
  await sender.finish();
  if (args['json']) printJson(recorded.all);
  else {
    printRequests(terminal, recorded.all, args['full'] === true);
    without.print(terminal);
  }
}

function printRequests({ colors, columns, line }: Terminal, recorded: RecordedRequests['all'], full: boolean): void {
  for (const [name, requests] of Object.entries(recorded)) {
    line(`${colors.bold(name)} would get ${requests.length} ${requests.length === 1 ? 'request' : 'requests'}.`);
    for (const { method, url, body } of requests) {
      line(colors.dim(`  ${method} ${url}`));
      line(jsonView(body, { colors, columns, indent: 2, full }));
    }
    line();
  }
}

/** A preview without any configuration shows what every vendor would get. */
function plannedNames(to: unknown, environment: Environment): readonly string[] {
  if (typeof to !== 'string' && [...destinationsFrom(environment, warn)].length === 0) {
    return vendors.map(({ name }) => name);
  }
  return destinationNames(to, environment, warn);
}

function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
