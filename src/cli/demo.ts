import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ArgsDef, CommandMeta } from 'citty';
import type { OpenAI } from 'openai';
import { discoveryFile } from '../configuration/discovery.ts';
import { isSdkDisabled } from '../configuration/sdk-disabled.ts';
import { hasGateway } from '../exporter/destinations/gateway-options.ts';
import type * as Spanport from '../index.ts';
import type { DestinationName, DestinationSetting, Handle } from '../index.ts';
import { spansFromOtlpJson } from '../otlp/read-json.ts';
import type { SpanData } from '../semconv/span-data.ts';
import { findGateway } from '../start/gateway-probe.ts';
import { joinStarted } from '../start/tracing.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../testing.ts';
import type { Command } from './command.ts';
import { DEMO_SERVICE, type DemoVendor, otherDestinations, startVendors } from './demo/destinations.ts';
import { chooseModel, type ModelEndpoint } from './demo/model.ts';
import { type Extent, printHeader, printPart, printPayloads, printSummary, printTraces, sayOn } from './demo/report.ts';
import { fakeScript, runAssistant, talk } from './demo/scenario.ts';
import { printedSpan, tracesOf } from './demo/span-tree.ts';
import { Failure } from './failure.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { silentTerminal, type Terminal, terminalOn } from './terminal.ts';

/** Why the run never goes to the user's model. */
const RUN_SERVER = 'OpenAI has ended this API: fake server';

const DEFAULT_MODEL = 'gpt-4o-mini';

/** With the codes that a shell gives to a command that they end. */
const SIGNALS = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const;

const meta: CommandMeta = {
  name: 'demo',
  description: 'Run a sample conversation and assistant run, then show the spans and the payload each vendor receives',
};

const args: ArgsDef = {
  json: { type: 'boolean', description: 'Print one JSON document and nothing else' },
  verbose: { type: 'boolean', description: 'With --json: print the progress on stderr' },
  full: { type: 'boolean', description: 'Print every payload, with ids and full texts' },
  once: { type: 'boolean', description: 'Leave a running gateway alone' },
  live: { type: 'boolean', description: 'Also send to the vendors whose keys are in the environment' },
  model: { type: 'string', description: 'Model to chat with', default: DEFAULT_MODEL, valueHint: 'NAME' },
};

const command: Command = {
  meta,
  args,
  examples: ['spanport demo', 'spanport demo --full', 'spanport demo --json | jq .payloads.athina'],
  async run({ args }): Promise<void> {
    const running = isAtTerminal(args) ? await findGateway(discoveryFile(process.env)) : undefined;
    if (!running) return demo(args);
    const { demoAt } = await import('./demo/with-page.ts');
    await demoAt(args, running);
  },
};
export default command;

/** A person with a running gateway sees the demo on its page as well. A script gets the demo alone. */
function isAtTerminal(args: Readonly<Record<string, unknown>>): boolean {
  return process.stdout.isTTY === true && !args['once'] && !args['json'] && !hasGateway(process.env);
}

async function demo(args: Readonly<Record<string, unknown>>): Promise<void> {
  if (isSdkDisabled(process.env)) {
    throw new Failure(
      'OTEL_SDK_DISABLED is true, so there would be nothing to see: unset it and start the demo again.',
    );
  }
  const terminal = terminalFor(args);
  const extent = { full: args['full'] === true };
  const openai = await loadOpenAI();
  const directory = temporaryFolder('spanport-demo');
  for (const [signal, code] of SIGNALS) process.once(signal, () => void ended().finally(() => process.exit(code)));
  const vendors = await startVendors(process.env, args['live'] === true);
  const fake = await startFakeOpenAI(fakeScript);
  try {
    const endpoint = await chooseModel(process.env, String(args['model']), fake.baseURL);
    const plan = {
      openai,
      endpoint,
      fake,
      vendors,
      model: String(args['model']),
      extent,
      file: join(directory, 'spans.jsonl'),
    };
    const spans = await observe(terminal, plan);
    const missing = vendors.flatMap(missingOf);

    printPart(terminal, 3, 'What each vendor received');
    printPayloads(terminal, vendors, extent);
    printSummary(terminal, spans, vendors, missing);
    printNext(terminal, extent);
    if (args['json']) {
      const payloads = Object.fromEntries(
        vendors.map(({ name, sink }) => [name, sink.received.map(({ body }) => body)]),
      );
      process.stdout.write(
        `${JSON.stringify({ spans: tracesOf(spans).flat().map(printedSpan), payloads }, null, 2)}\n`,
      );
    }
    if (missing.length > 0) process.exitCode = 1;
  } finally {
    await Promise.all([fake.close(), ...vendors.map(({ sink }) => sink.close())]);
  }
}

/** Before a signal ends the demo: what was seen until then is delivered. */
async function ended(): Promise<void> {
  await joinStarted([])?.shutdown();
}

interface Plan {
  readonly openai: LoadedOpenAI;
  /** Where chat goes. */
  readonly endpoint: ModelEndpoint;
  /** Where the run goes. */
  readonly fake: FakeOpenAI;
  readonly vendors: readonly DemoVendor[];
  readonly model: string;
  readonly extent: Extent;
  /** Where spans are written to be read again. */
  readonly file: string;
}

/** Holds both conversations under observation and resolves to their spans. */
async function observe(terminal: Terminal, plan: Plan): Promise<SpanData[]> {
  const { endpoint, fake, vendors, model, extent, file } = plan;
  const { OpenAI, version } = plan.openai;
  const others = otherDestinations(process.env);
  const { instrumentOpenAI, start, traceTool, withContext } = await loadSpanport();
  const own = [`file:${file}`, ...vendors.map(({ destination }) => destination)] as const;
  // With a gateway, the demo was started as an application is: with `--import spanport/register`.
  const handle = joinStarted(own) ?? startAlone(start, [...own, ...(others as DestinationName[])]);
  instrumentOpenAI(OpenAI);

  const live = vendors.filter(({ liveHost }) => liveHost).map(({ name }) => name);
  // The gateway's page was announced in the line above.
  const sentTo = others.filter((name) => name !== 'spanport');
  printHeader(terminal, version, {
    Chat: endpoint.why,
    Vendors:
      live.length > 0
        ? `local servers; ${live.join(', ')} for real as well, with your keys.`
        : 'local servers. Keys in the environment are only used with --live.',
    ...(sentTo.length > 0 && { Spans: `are also sent to ${sentTo.join(', ')}.` }),
  });

  let spans: SpanData[] = [];
  const showNew = async (): Promise<void> => {
    await handle.forceFlush();
    const known = new Set(spans.map(({ spanId }) => spanId));
    spans = spansFromOtlpJson(readFileSync(file, 'utf8'));
    printTraces(
      terminal,
      spans.filter(({ spanId }) => !known.has(spanId)),
      extent,
    );
  };
  try {
    printPart(terminal, 1, 'A conversation with a tool call');
    await talk(new OpenAI(endpoint), model, { withContext, traceTool }, sayOn(terminal));
    await showNew();
    printPart(terminal, 2, 'An assistant run with a tool call', RUN_SERVER);
    await runAssistant(
      new OpenAI({ baseURL: fake.baseURL, apiKey: 'fake' }),
      { withContext, traceTool },
      sayOn(terminal),
    );
    await showNew();
    return spans;
  } finally {
    await handle.shutdown();
  }
}

/** As an application imports it: the copy of the package that `spanport/register` has started. */
async function loadSpanport(): Promise<typeof Spanport> {
  return import(import.meta.resolve('spanport'));
}

function startAlone(
  start: typeof Spanport.start,
  destinations: readonly (DestinationName | DestinationSetting)[],
): Handle {
  return start({
    // start() checks the names that come from the environment.
    destinations,
    // Records of the application's own may wait in a spool, and they are for the real vendors.
    spool: { dir: '' },
    ...(!process.env['OTEL_SERVICE_NAME'] && { serviceName: DEMO_SERVICE }),
  });
}

interface LoadedOpenAI {
  readonly OpenAI: typeof OpenAI;
  readonly version: string;
}

async function loadOpenAI(): Promise<LoadedOpenAI> {
  try {
    const { OpenAI } = await import('openai');
    const { VERSION } = await import('openai/version');
    return { OpenAI, version: VERSION };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new Failure(
      'The demo talks through the openai package, which is not installed here: run npm install openai.',
    );
  }
}

/** One sentence for each vendor that got too few payloads. */
function missingOf({ name, sink, payloads, liveHost }: DemoVendor): string[] {
  const accepted = sink.received.filter(({ status }) => status < 300).length;
  if (accepted >= payloads) return [];
  return [`${name} accepted ${accepted} of at least ${payloads} payloads${liveHost ? ` (${liveHost} answered)` : ''}.`];
}

/** Holds in a clone and in a project that has the package: `npx` finds the command in both. */
function printNext({ colors, line }: Terminal, { full }: Extent): void {
  const hint = (what: string, command: string): void => line(`${colors.dim(what.padEnd(19))}${command}`);
  // With a gateway, its page was announced already.
  if (!hasGateway(process.env)) hint('On a page:', 'npx spanport up --demo');
  if (!full) {
    hint('Every payload:', 'npx spanport demo --full');
    return;
  }
  hint('For programs:', 'npx spanport demo --json');
  hint('Your application:', 'npx spanport up, then node --import spanport/register app.js');
  hint('These in Jaeger:', 'docker run --rm -p 16686:16686 -p 4319:4318 jaegertracing/jaeger:2.13.0');
  hint('', 'OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4319 npx spanport demo');
}

function terminalFor(args: Readonly<Record<string, unknown>>): Terminal {
  if (!args['json']) return terminalOn(process.stdout);
  return args['verbose'] ? terminalOn(process.stderr) : silentTerminal;
}
