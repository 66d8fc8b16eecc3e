import { readdirSync, readFileSync } from 'node:fs';
import type { Interaction } from '../../src/interaction/interaction.ts';
import { withLogs } from '../../src/semconv/dialects/genai/read.ts';
import { interactionFrom } from '../../src/semconv/from-spans.ts';
import type { LogData } from '../../src/semconv/log-data.ts';
import type { SpanData } from '../../src/semconv/span-data.ts';

const folder = new URL('../fixtures/captured-spans/', import.meta.url);

interface CapturedLog extends Omit<LogData, 'name' | 'resource'> {
  readonly eventName?: string;
}

export interface Scenario {
  readonly spans: readonly SpanData[];
  readonly logs?: readonly CapturedLog[];
}

/** The spans of one sender, by scenario, as `capture.mjs` writes them. */
export interface Captured {
  readonly name: string;
  readonly registry: 'npm' | 'pypi';
  readonly packages: Readonly<Record<string, string>>;
  readonly scenarios: Readonly<Record<string, Scenario>>;
}

export const capturedNames: readonly string[] = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.replace(/\.json$/, ''));

export function captured(name: string): Captured {
  return JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Captured;
}

/** The spans of a scenario, each with the events of its log records. */
export function spansOf({ spans, logs = [] }: Scenario): readonly SpanData[] {
  const records = logs.map(({ eventName, ...log }): LogData => {
    const name = eventName ?? log.attributes['event.name'];
    return { ...log, resource: {}, ...(typeof name === 'string' && { name }) };
  });
  return spans.map((span) => withLogs(span, records));
}

/** Ids, names and times differ from call to call. The service is not the instrumentation's. */
const incidental: ReadonlySet<string> = new Set([
  'id',
  'traceId',
  'spanId',
  'parentSpanId',
  'name',
  'startTime',
  'endTime',
  'timeToFirstChunk',
  'chunkCount',
  'serviceName',
  'serverPort',
]);

/** How interactions differ from ours of the same exchanges: names of fields without the positions in lists. */
export interface Differences {
  readonly missing: ReadonlySet<string>;
  readonly different: ReadonlySet<string>;
  readonly more: ReadonlySet<string>;
}

export function differencesOf(pairs: readonly (readonly [ours: Interaction, theirs: Interaction])[]): Differences {
  const missing = new Set<string>();
  const different = new Set<string>();
  const more = new Set<string>();
  for (const [ours, theirs] of pairs) {
    const own = fieldsOf(ours);
    const other = fieldsOf(theirs);
    for (const [path, value] of own) {
      if (!other.has(path)) missing.add(fieldOf(path));
      else if (other.get(path) !== value) different.add(fieldOf(path));
    }
    for (const path of other.keys()) if (!own.has(path)) more.add(fieldOf(path));
  }
  return { missing, different, more };
}

function fieldOf(path: string): string {
  const names = path.split('.').filter((name) => !/^\d+$/.test(name));
  return names.slice(0, names[1] === 'parts' ? 3 : 2).join('.');
}

function fieldsOf(interaction: Interaction): ReadonlyMap<string, unknown> {
  const fields = new Map<string, unknown>();
  const visit = (value: unknown, path: string): void => {
    // A schema's dialect is not part of what it says.
    if (path.endsWith('.$schema')) return;
    // The fake server derives ids from the request, and its kind is in what comes before the first sign.
    if (path === 'responseId') fields.set(path, String(value).split(/[-_]/)[0]);
    else if (typeof value !== 'object' || value === null) fields.set(path, value);
    else for (const [key, inner] of Object.entries(value)) visit(inner, path === '' ? key : `${path}.${key}`);
  };
  for (const [key, value] of Object.entries(interaction)) if (!incidental.has(key)) visit(value, key);
  return fields;
}

/** Which dialect reads each sender. Its README says what the sender's spans lack. */
export const dialectNames: Readonly<Record<string, string>> = {
  'ai-sdk-5': 'ai-sdk',
  'ai-sdk-6': 'ai-sdk',
  'ai-sdk-7': 'ai-sdk',
  'ai-sdk-7-legacy': 'ai-sdk',
  langfuse: 'langfuse',
  logfire: 'genai',
  openinference: 'openinference',
  'openinference-langchain': 'openinference',
  'otel-contrib': 'genai',
  'python-genai-openai': 'genai',
  'python-logfire': 'logfire',
  'python-logfire-1': 'logfire',
  'python-openai-v2': 'genai',
  'python-openinference': 'openinference',
  'python-traceloop': 'openllmetry',
  traceloop: 'openllmetry',
  'traceloop-0.14': 'openllmetry',
};

/** Scenarios of which a sender makes no span, or two. */
export const spanlessScenarios: Readonly<Record<string, number>> = {
  'openinference error': 0,
  'traceloop error': 0,
  'traceloop-0.14 error': 0,
  'traceloop-0.14 responses': 0,
  'python-openai-v2 responses': 0,
  'ai-sdk-7 embeddings': 2,
};

/** Each interaction of ours and the same one of a sender. The scenario `object` has no counterpart. */
export function pairsOf(
  own: Readonly<Record<string, readonly Interaction[]>>,
  { scenarios }: Pick<Captured, 'scenarios'>,
): readonly (readonly [ours: Interaction, theirs: Interaction])[] {
  return Object.entries(scenarios).flatMap(([name, scenario]) => {
    const theirs = spansOf(scenario).flatMap((span) => interactionFrom(span) ?? []);
    return (own[name] ?? []).flatMap((ours, index) => {
      const other = theirs[index];
      return other ? [[ours, other] as const] : [];
    });
  });
}

/** The sender's row in the dialect's README: missing, different, more. */
export function listedIn(sender: string): Differences {
  const path = new URL(`../../src/semconv/dialects/${dialectNames[sender]}/README.md`, import.meta.url);
  const row = readFileSync(path, 'utf8')
    .split('\n')
    .find((line) => line.startsWith(`| \`${sender}\` |`));
  const [missing = '', different = '', more = ''] = (row ?? '').split('|').slice(2);
  const fields = (cell: string): ReadonlySet<string> =>
    new Set([...cell.matchAll(/`([^`]+)`/g)].map(([, field]) => field ?? ''));
  return { missing: fields(missing), different: fields(different), more: fields(more) };
}
