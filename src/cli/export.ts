import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import type { ArgsDef, CommandDef, CommandMeta } from 'citty';
import type { Environment } from '../configuration/environment.ts';
import { ConfigurationError, withoutCredentials } from '../configuration/readers.ts';
import { applyContentMode } from '../exporter/content-policy.ts';
import { destinationsFrom } from '../exporter/destinations/open-destination.ts';
import { resolveOtlp } from '../exporter/destinations/otlp-options.ts';
import { resolvePreset } from '../exporter/destinations/presets.ts';
import { spanFor } from '../exporter/destinations/span-view.ts';
import { RunAssembler } from '../exporter/run-assembler.ts';
import { resolveCapture, resolveContent } from '../exporter/settings.ts';
import type { Interaction } from '../interaction/interaction.ts';
import { maskSecrets } from '../interaction/mask.ts';
import type { SpanData } from '../semconv/span-data.ts';
import { readableSpanFrom } from '../semconv/to-span.ts';
import { vendors } from '../vendors/index.ts';
import type { Vendor, VendorRecord } from '../vendors/vendor.ts';
import { destinationNames, isComplete, printDelivered, Sender } from './deliver.ts';
import { Failure } from './failure.ts';
import { jsonView } from './json-view.ts';
import { masked } from './masked.ts';
import { readSpans } from './span-source.ts';
import { type Terminal, terminalOn } from './terminal.ts';

const meta: CommandMeta = {
  name: 'export',
  description: 'Send a file of spans to destinations, or show what each would get',
};

const args: ArgsDef = {
  file: {
    type: 'positional',
    description: 'OTLP/JSON: one request, or one per line as file: writes it',
    required: true,
  },
  to: {
    type: 'string',
    description: 'Destinations, separated by commas; else those of the environment',
    valueHint: 'athina,otlp',
  },
  'dry-run': { type: 'boolean', description: 'Send nothing: print the payloads. No key is needed' },
  full: { type: 'boolean', description: 'With --dry-run: every payload in full length' },
  json: { type: 'boolean', description: 'Print one JSON document' },
};

const command: CommandDef = {
  meta,
  args,
  async run({ args }): Promise<void> {
    const spans = readSpans(String(args['file']));
    const terminal = terminalOn(process.stdout);
    if (args['dry-run']) return preview(terminal, spans, args);

    const sender = new Sender(destinationNames(args['to'], process.env, warn), process.env, warn);
    await sender.send(spans);
    const delivered = await sender.finish();
    if (args['json']) printJson(delivered);
    else printDelivered(terminal, delivered);
    if (!isComplete(delivered)) process.exitCode = 1;
  },
};
export default command;

function warn(message: string): void {
  process.stderr.write(`${message}\n`);
}

/** One request as it would go out, without credentials. */
interface Planned {
  readonly method: string;
  readonly url: string;
  readonly body: unknown;
}

function preview(terminal: Terminal, spans: readonly SpanData[], args: Readonly<Record<string, unknown>>): void {
  const { colors, columns, line } = terminal;
  const names = plannedNames(args['to'], process.env);
  const assembler = new RunAssembler();
  const interactions = [...spans.flatMap((span) => assembler.add(span)), ...assembler.flush()];
  const plans = Object.fromEntries(names.map((name) => [name, planFor(name, spans, interactions, process.env)]));
  if (args['json']) {
    printJson(plans);
    return;
  }

  for (const [name, requests] of Object.entries(plans)) {
    line(`${colors.bold(name)} would get ${requests.length} ${requests.length === 1 ? 'request' : 'requests'}.`);
    for (const { method, url, body } of requests) {
      line(colors.dim(`  ${method} ${url}`));
      line(jsonView(body, { colors, columns, indent: 2, full: args['full'] === true }));
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

function planFor(
  name: string,
  spans: readonly SpanData[],
  interactions: readonly Interaction[],
  environment: Environment,
): Planned[] {
  const chosen = resolveContent(undefined, environment)(name.startsWith('file:') ? 'file' : name);
  const vendor = vendors.find((vendor) => vendor.name === name);
  if (vendor) {
    const options = vendor.resolveOptions({}, withKeys(environment));
    const records = interactions.flatMap((interaction) =>
      vendor.encode(applyContentMode(interaction, chosen ?? 'full'), options),
    );
    return joined(vendor, records).map((payload) => planned(vendor, payload, options));
  }
  const isLocal = name === 'console' || name.startsWith('file:');
  const otlp = isLocal
    ? undefined
    : name === 'otlp'
      ? resolveOtlp({}, environment, warn)
      : resolvePreset(name, {}, environment);
  if (!otlp && !isLocal) {
    throw new ConfigurationError(
      `'${name}' is no destination: use otlp, ${vendors.map(({ name }) => name).join(', ')}, console, file:PATH or a preset.`,
    );
  }
  const fallback = isLocal || resolveCapture(environment, warn).spans ? 'full' : 'none';
  const views = spans.map((span) =>
    spanFor({ span: readableSpanFrom(span), mask: maskSecrets, interactions: [] }, chosen ?? fallback, otlp ?? {}),
  );
  const bytes = JsonTraceSerializer.serializeRequest(views as unknown as ReadableSpan[]);
  if (!bytes) throw new Failure(`The spans could not be written for ${name}.`);
  return [
    {
      method: otlp ? 'POST' : 'write',
      url: otlp ? withoutCredentials(otlp.url) : name,
      body: JSON.parse(new TextDecoder().decode(bytes)) as unknown,
    },
  ];
}

/** The request of a payload, keys masked. What stays on this machine needs none. */
function planned<Options, Payload>(vendor: Vendor<Options, Payload>, payload: Payload, options: Options): Planned {
  const local = vendor.localOutput?.(options);
  if (local) return { method: 'write', url: local.kind === 'file' ? `file:${local.path}` : local.kind, body: payload };
  const { method, url, body } = vendor.request(payload, options);
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  return { method, url: withoutCredentials(url), body: JSON.parse(masked(text, secretsIn(options))) as unknown };
}

/** The options of a vendor that are credentials: all of them are named so. */
function secretsIn(options: unknown): string[] {
  return Object.entries(options as object).flatMap(([name, value]) =>
    /key$/i.test(name) && typeof value === 'string' ? [value] : [],
  );
}

/** Where the grain is the conversation, its records become one payload, as delivery joins them. */
function joined<Options, Payload>(
  vendor: Vendor<Options, Payload>,
  records: readonly VendorRecord<Payload>[],
): Payload[] {
  const payloads = new Map<string, Payload>();
  for (const { id, orderKey, payload } of records) {
    const key = orderKey ?? id;
    const earlier = payloads.get(key);
    payloads.set(key, vendor.merge && orderKey !== undefined ? vendor.merge(earlier, payload) : payload);
  }
  return [...payloads.values()];
}

/** A payload does not depend on the key, so a preview does without one. */
function withKeys(environment: Environment): Environment {
  return {
    ATHINA_API_KEY: '***',
    RECONIFY_APP_KEY: '***',
    RECONIFY_API_KEY: '***',
    INKEEPANALYTICS_API_INTEGRATION_KEY: '***',
    REQUESTY_API_KEY: '***',
    SPANPORT_KORE_OUTPUT: 'file:kore.jsonl',
    ...Object.fromEntries(Object.entries(environment).filter(([, value]) => value)),
  };
}

function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
