import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArgsDef, CommandDef, CommandMeta } from 'citty';
import type { OpenAI } from 'openai';
import { isSdkDisabled } from '../configuration/sdk-disabled.ts';
import { instrumentOpenAI, start, traceTool, withContext } from '../index.ts';
import { spansFromOtlpJson } from '../otlp/read-json.ts';
import type { SpanData } from '../semconv/span-data.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../testing.ts';
import { type DemoVendor, otherDestinations, startVendors } from './demo/destinations.ts';
import { chooseModel, type ModelEndpoint } from './demo/model.ts';
import { printHeader, printPart, printPayloads, printSummary, printTraces, sayOn } from './demo/report.ts';
import { fakeScript, runAssistant, talk } from './demo/scenario.ts';
import { printedSpan, tracesOf } from './demo/span-tree.ts';
import { Failure } from './failure.ts';
import { type Terminal, terminalOn } from './terminal.ts';

const DEFAULT_MODEL = 'gpt-4o-mini';

const meta: CommandMeta = {
  name: 'demo',
  description: 'Run a sample conversation and assistant run, then show the spans and the payload each vendor receives',
};

const args: ArgsDef = {
  json: { type: 'boolean', description: 'Print one JSON document; progress goes to stderr' },
  full: { type: 'boolean', description: 'Show every payload, in full length' },
  once: { type: 'boolean', description: 'End when all is shown, which the demo does anyway' },
  live: { type: 'boolean', description: 'Send to the vendors whose keys are in the environment as well' },
  model: { type: 'string', description: 'The model to chat with', default: DEFAULT_MODEL },
};

const command: CommandDef = { meta, args, run: ({ args }) => demo(args) };
export default command;

async function demo(args: Readonly<Record<string, unknown>>): Promise<void> {
  if (isSdkDisabled(process.env)) {
    throw new Failure(
      'OTEL_SDK_DISABLED is true, so there would be nothing to see: unset it and start the demo again.',
    );
  }
  const terminal = terminalOn(args['json'] ? process.stderr : process.stdout);
  const openai = await loadOpenAI();
  const directory = mkdtempSync(join(tmpdir(), 'spanport-demo-'));
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
      file: join(directory, 'spans.jsonl'),
    };
    const spans = await observe(terminal, plan);
    const missing = vendors.flatMap(missingOf);

    printPart(terminal, 3, 'What each vendor got');
    printPayloads(terminal, vendors, args['full'] === true);
    printNext(terminal, args['full'] === true);
    printSummary(terminal, spans, vendors, missing);
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
    rmSync(directory, { recursive: true, force: true });
  }
}

interface Plan {
  readonly openai: LoadedOpenAI;
  /** Where chat goes. */
  readonly endpoint: ModelEndpoint;
  /** Where the run goes. */
  readonly fake: FakeOpenAI;
  readonly vendors: readonly DemoVendor[];
  readonly model: string;
  /** Where spans are written to be read again. */
  readonly file: string;
}

/** Holds both conversations under observation and resolves to their spans. */
async function observe(terminal: Terminal, plan: Plan): Promise<SpanData[]> {
  const { endpoint, fake, vendors, model, file } = plan;
  const { OpenAI, version } = plan.openai;
  const others = otherDestinations(process.env);
  // No spool: records of the application's own may wait there, and they are for the real vendors.
  const handle = start({
    destinations: [`file:${file}`, ...others, ...vendors.map(({ destination }) => destination)],
    spool: { dir: '' },
    ...(!process.env['OTEL_SERVICE_NAME'] && { serviceName: 'spanport-demo' }),
  });
  instrumentOpenAI(OpenAI);

  const live = vendors.filter(({ liveHost }) => liveHost).map(({ name }) => name);
  printHeader(terminal, version, {
    Chat: endpoint.why,
    Run: 'an embedded fake server: api.openai.com no longer serves the Assistants API.',
    Vendors:
      live.length > 0
        ? `local servers; ${live.join(', ')} for real, too, with your keys.`
        : 'local servers that answer as each vendor does; keys in the environment are not used (--live does).',
    Spans: ['shown below', ...others.map((name) => `sent to ${name}`)].join(' and '),
  });

  let spans: SpanData[] = [];
  const showNew = async (): Promise<void> => {
    await handle.forceFlush();
    const known = new Set(spans.map(({ spanId }) => spanId));
    spans = spansFromOtlpJson(readFileSync(file, 'utf8'));
    printTraces(
      terminal,
      spans.filter(({ spanId }) => !known.has(spanId)),
    );
  };
  try {
    printPart(terminal, 1, 'A conversation with a tool call');
    await talk(new OpenAI(endpoint), model, { withContext, traceTool }, sayOn(terminal));
    await showNew();
    printPart(terminal, 2, 'An assistant run with a tool call');
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

function printNext({ colors, line }: Terminal, full: boolean): void {
  line(colors.bold('Where to look further'));
  line(`  your own application     node --import spanport/register app.js`);
  line(`  these traces in Jaeger   node collector/jaeger.mjs start --otlp-port 4318, then`);
  line(`                           OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 npm start`);
  if (!full) line(`  every payload in full    npm start -- --full`);
  line(`  machine-readable         npm start --silent -- --once --json`);
  line(`  how it works             README.md, ARCHITECTURE.md`);
  line();
}
