import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { context, createContextKey } from '@opentelemetry/api';
import type { ArgsDef } from 'citty';
import { resolveCapture } from '../configuration/content-capture.ts';
import { discoveryFile } from '../configuration/discovery.ts';
import type { Environment } from '../configuration/environment.ts';
import { isSdkDisabled } from '../configuration/sdk-disabled.ts';
import {
  type DestinationContext,
  destinationsFrom,
  planDestination,
} from '../exporter/destinations/open-destination.ts';
import { resolveContent, resolveSpool } from '../exporter/settings.ts';
import { spoolProblem } from '../exporter/usable-spool.ts';
import { withContext } from '../index.ts';
import { findGateway } from '../start/gateway-probe.ts';
import { unknownVariables } from '../start/known-settings.ts';
import { vendorNamed } from '../vendors/index.ts';
import type { Command } from './command.ts';
import { fileProblem, reach } from './connect.ts';
import { loadingFindings, packagesOf } from './loading-findings.ts';
import { padEnd, terminalOn, wrap } from './terminal.ts';

/** `ok`: works. `note`: works, and there is something to know. `fault`: will not work. */
type State = 'ok' | 'note' | 'fault';

interface Finding {
  readonly check: string;
  readonly state: State;
  readonly text: string;
}

const args: ArgsDef = {
  connect: { type: 'boolean', description: 'Also connect to each destination. No record is sent' },
  json: { type: 'boolean', description: 'Print one JSON document' },
};

const command: Command = {
  meta: { name: 'doctor', description: 'Check this machine, this application’s packages and the configuration' },
  args,
  examples: ['spanport doctor', 'spanport doctor --connect'],
  async run({ args }): Promise<void> {
    const findings = await examine(process.env, process.cwd(), args['connect'] === true);
    if (args['json']) process.stdout.write(`${JSON.stringify({ findings }, null, 2)}\n`);
    else print(findings);
    if (findings.some(({ state }) => state === 'fault')) process.exitCode = 1;
  },
};
export default command;

async function examine(environment: Environment, directory: string, connect: boolean): Promise<Finding[]> {
  const isDisabled = isSdkDisabled(environment);
  return [
    node(process.versions.node),
    openai(versionOf('openai', directory)),
    api(versionOf('@opentelemetry/api', directory)),
    sdk(directory),
    ...loadingFindings(directory, environment).map((each): Finding => ({ ...each, state: 'note' })),
    ...otherTracers(directory),
    ...unknownVariables(environment).map((text): Finding => ({ check: 'Variables', state: 'note', text })),
    ...(await destinations(environment, connect)),
    ...(isDisabled ? [] : [await spool(environment), await carriesContext()]),
  ];
}

function node(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const supported = major > 20 || (major === 20 && minor >= 19);
  return {
    check: 'Node',
    state: supported ? 'ok' : 'fault',
    text: supported ? version : `${version} is too old: take Node 20.19 or newer.`,
  };
}

function openai(version: string | undefined): Finding {
  const check = 'openai';
  if (version === undefined) {
    return {
      check,
      state: 'note',
      text: 'is not installed here, so there are no calls to record: npm install openai.',
    };
  }
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < 4 || (major === 4 && minor < 55)) {
    return { check, state: 'fault', text: `${version} is too old: take openai 4.55 or newer.` };
  }
  if (major > 7) return { check, state: 'note', text: `${version} is newer than what was tested (4.55 to 7).` };
  if (major === 4) {
    return {
      check,
      state: 'note',
      text: `${version}: use node --import spanport/register. If the application imports spanport/register itself, calls that its ES modules make while they load are not recorded.`,
    };
  }
  return { check, state: 'ok', text: version };
}

function api(version: string | undefined): Finding {
  const check = 'OpenTelemetry API';
  if (version === undefined)
    return { check, state: 'fault', text: 'is not installed here: npm install @opentelemetry/api.' };
  const fits = /^1\.(9|\d\d)/.test(version);
  return { check, state: fits ? 'ok' : 'fault', text: fits ? version : `${version} is not 1.9 or a newer 1.x.` };
}

/** The application's own tracing, if it has any. */
function sdk(directory: string): Finding {
  const names = [
    '@opentelemetry/sdk-node',
    '@opentelemetry/sdk-trace-node',
    '@opentelemetry/sdk-trace-base',
    '@opentelemetry/sdk-trace',
  ];
  // One that no manifest names may be Spanport's own.
  const named = packagesOf(directory);
  const found = names.flatMap((name) => {
    const version = named.has(name) ? versionOf(name, directory) : undefined;
    return version === undefined ? [] : [`${name.slice('@opentelemetry/'.length)} ${version}`];
  });
  return {
    check: 'OpenTelemetry SDK',
    state: 'ok',
    text: found.length > 0 ? found.join(', ') : 'none of the application’s own: Spanport brings one (2.x line).',
  };
}

/** Packages whose spans are read, and what an application has to do for it. */
const tracers: readonly (readonly [name: string, versions: RegExp, text: string])[] = [
  ['ai', /^[567]\./, 'its calls are read where telemetry is on: experimental_telemetry (5, 6) or @ai-sdk/otel (7).'],
  ['@arizeai/openinference-core', /./, 'OpenInference: its spans are read.'],
  ['@traceloop/instrumentation-openai', /./, 'OpenLLMetry: its spans are read.'],
  ['@langfuse/tracing', /^[345]\./, 'Langfuse: its spans are read.'],
  ['@pydantic/logfire-node', /./, 'Logfire: its spans are read.'],
];

function otherTracers(directory: string): Finding[] {
  return tracers.flatMap(([name, versions, text]): Finding[] => {
    const version = versionOf(name, directory);
    if (version === undefined) return [];
    if (versions.test(version)) return [{ check: name, state: 'ok', text: `${version}: ${text}` }];
    return [{ check: name, state: 'note', text: `${version}: spans of this version were not tested.` }];
  });
}

/** The version that an application in this directory would load. */
function versionOf(name: string, directory: string): string | undefined {
  for (let here = directory; ; here = dirname(here)) {
    const manifest = join(here, 'node_modules', name, 'package.json');
    if (existsSync(manifest)) return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
    if (dirname(here) === here) return undefined;
  }
}

/** Checks every destination as `start()` would. Nothing is sent; with `connect`, each is reached. */
async function destinations(environment: Environment, connect: boolean): Promise<Finding[]> {
  const check = 'Destinations';
  if (isSdkDisabled(environment)) {
    return [{ check, state: 'note', text: 'OTEL_SDK_DISABLED is true: nothing is instrumented and nothing is sent.' }];
  }
  const warnings: Finding[] = [];
  const warn = (text: string): void => void warnings.push({ check, state: 'note', text });
  const names = attempt(check, () => destinationsFrom(environment, warn));
  if ('check' in names) return [names];
  if (names.value === 'none') return [{ check, state: 'note', text: 'none: OTEL_TRACES_EXPORTER is none.' }];
  const gateway = (await findGateway(discoveryFile(environment)))?.url;
  if (names.value.length === 0) return [...warnings, unset(gateway)];
  const settings = attempt(check, () => ({
    environment,
    content: resolveContent(undefined, environment),
    contentOnSpans: resolveCapture(environment, warn).spans,
    spool: undefined,
    warn,
  }));
  if ('check' in settings) return [settings];
  const findings: Finding[] = [];
  for (const name of names.value) findings.push(await destination(name, settings.value, connect));
  return [...warnings, ...findings, ...unusedGateway(gateway, environment)];
}

/** Where spans go while no destination is set. @param gateway the address of this user's gateway, if one runs */
function unset(gateway: string | undefined): Finding {
  const check = 'Destinations';
  if (gateway !== undefined)
    return { check, state: 'ok', text: `none is set: spans go to your gateway at ${gateway}.` };
  return {
    check,
    state: 'note',
    text: 'none is set, and no gateway of this user runs, so spans are dropped. Run npx spanport up before the application, or set SPANPORT_DESTINATIONS, a vendor’s key or OTEL_EXPORTER_OTLP_ENDPOINT.',
  };
}

/** A gateway is found only while no destination is set. Its page stays empty otherwise, which looks like a fault. */
function unusedGateway(gateway: string | undefined, environment: Environment): Finding[] {
  if (gateway === undefined || Object.values(environment).some((value) => value?.includes(gateway))) return [];
  const isListed = Boolean(environment['SPANPORT_DESTINATIONS']?.trim());
  const remedy = `set SPANPORT_GATEWAY=${gateway}${isListed ? ' and add spanport to SPANPORT_DESTINATIONS' : ''}`;
  const text = `at ${gateway} gets no spans, because other destinations are set. For spans there, too, ${remedy}.`;
  return [{ check: 'Your gateway', state: 'note', text }];
}

async function destination(name: string, context: DestinationContext, connect: boolean): Promise<Finding> {
  const planned = attempt(name, () => planDestination(name, context));
  if ('check' in planned) return planned;
  const opened = planned.value({ onDrain: () => {}, report: () => {} });
  void opened.shutdown(0);
  const problem = fileProblemOf(name, context.environment);
  if (problem !== undefined) return { check: name, state: 'fault', text: problem };
  const text = `is set up and gets ${opened.wantsContent ? 'content' : 'no content'}.`;
  const reached = connect ? await reach(planned.value) : undefined;
  if (!reached) return { check: name, state: 'ok', text };
  return { check: name, state: reached.isFault ? 'fault' : 'ok', text: `${text} ${reached.text}` };
}

/** Why the file that a destination writes cannot be written. */
function fileProblemOf(name: string, environment: Environment): string | undefined {
  if (name.startsWith('file:')) return fileProblem(name.slice('file:'.length));
  const vendor = vendorNamed(name);
  const output = vendor?.localOutput?.(vendor.resolveOptions({}, environment));
  return output?.kind === 'file' ? fileProblem(output.path) : undefined;
}

/** A setting that cannot work, as a finding: its message names the variable and never a key. */
function attempt<T>(check: string, read: () => T): Finding | { readonly value: T } {
  try {
    return { value: read() };
  } catch (error) {
    return { check, state: 'fault', text: error instanceof Error ? error.message : String(error) };
  }
}

async function spool(environment: Environment): Promise<Finding> {
  const check = 'Spool';
  const settings = attempt(check, () => resolveSpool(undefined, environment));
  if ('check' in settings) return settings;
  if (!settings.value) {
    return {
      check,
      state: 'note',
      text: 'off: records wait in memory alone. Set SPANPORT_SPOOL_DIR to keep them on disk.',
    };
  }
  const problem = spoolProblem(settings.value.dir);
  if (problem !== undefined) return { check, state: 'fault', text: problem };
  const driver = await driverName();
  const { dir, durability, maxBytes } = settings.value;
  return {
    check,
    state: 'ok',
    text: `${dir}, with ${driver}, durability ${durability}, at most ${maxBytes >> 20} MiB.`,
  };
}

async function driverName(): Promise<string | undefined> {
  for (const name of ['node:sqlite', 'libsql']) {
    try {
      await import(name);
      return name;
    } catch {
      // The next one.
    }
  }
  return undefined;
}

/** Whether context lives on over an `await`, as `withContext` and parent spans need it. */
async function carriesContext(): Promise<Finding> {
  const key = createContextKey('spanport doctor');
  const isCarried = await withContext({}, () =>
    context.with(context.active().setValue(key, true), async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return context.active().getValue(key) === true;
    }),
  );
  return isCarried
    ? { check: 'Context', state: 'ok', text: 'is carried over await.' }
    : {
        check: 'Context',
        state: 'fault',
        text: 'is lost at await: register a context manager that uses AsyncLocalStorage.',
      };
}

function print(findings: readonly Finding[]): void {
  const { colors, columns, line } = terminalOn(process.stdout);
  const marks = { ok: colors.green('✓'), note: colors.yellow('•'), fault: colors.red('✗') };
  const width = Math.max(...findings.map(({ check }) => check.length));
  for (const { check, state, text } of findings) {
    const [first = '', ...more] = wrap(text, columns - width - 4);
    line(`${marks[state]} ${padEnd(check, width)}  ${first}`);
    for (const rest of more) line(`${' '.repeat(width + 4)}${rest}`);
  }
}
