import type { Environment } from '../../configuration/environment.ts';
import { ConfigurationError } from '../../configuration/readers.ts';
import { writeOpenInference } from '../../semconv/dialects/openinference/write.ts';
import { writeOpenLLMetry } from '../../semconv/dialects/openllmetry/write.ts';
import type { PresetName } from './destination-setting.ts';
import { connectionFrom } from './otlp-connection.ts';
import type { OtlpOptions } from './otlp-destination.ts';
import { checkedExporter, checkedHeaders, checkedUrl, headersFrom } from './otlp-options.ts';

/**
 * A backend that accepts OTLP/HTTP, described as data: its URL, headers and resource attributes, from the variables
 * that its users already set. All of them accept protobuf, and some nothing else, so spans are sent as protobuf.
 */
interface Preset {
  /**
   * The variables that must be set, each optionally with an older name. Without them the destination fails at start.
   */
  readonly needs: readonly (string | readonly [name: string, older: string])[];
  readonly url: (env: Read) => string;
  readonly headers?: (env: Read) => Readonly<Record<string, string | undefined>>;
  readonly resource?: (env: Read) => Readonly<Record<string, string | undefined>>;
  readonly dialect?: OtlpOptions['dialect'];
  /**
   * Whether `OTEL_EXPORTER_OTLP_HEADERS` and the variables for TLS are meant for it, as its endpoint is. Elsewhere that would send one backend's key
   * to another.
   */
  readonly takesStandardHeaders?: true;
}

/** The first of some variables that is set. */
type Read = (...variables: readonly string[]) => string | undefined;

const basic = (user: string | undefined, password: string | undefined): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
const bearer = (token: string | undefined): string | undefined => (token === undefined ? undefined : `Bearer ${token}`);
const under = (base: string | undefined, fallback: string, path: string): string =>
  `${(base ?? fallback).replace(/\/+$/, '')}${path}`;

/** Sources: the OTLP page of each backend, read in November 2026. None of the hosted ones could be tried for real. */
const presets: Readonly<Record<PresetName, Preset>> = {
  collector: {
    takesStandardHeaders: true,
    needs: [],
    url: (env) => under(env('OTEL_EXPORTER_OTLP_ENDPOINT'), 'http://localhost:4318', '/v1/traces'),
  },
  jaeger: {
    takesStandardHeaders: true,
    needs: [],
    url: (env) => under(env('OTEL_EXPORTER_OTLP_ENDPOINT'), 'http://localhost:4318', '/v1/traces'),
  },
  langfuse: {
    needs: ['LANGFUSE_PUBLIC_KEY', 'LANGFUSE_SECRET_KEY'],
    url: (env) =>
      under(
        env('LANGFUSE_BASE_URL', 'LANGFUSE_BASEURL', 'LANGFUSE_HOST'),
        'https://cloud.langfuse.com',
        '/api/public/otel/v1/traces',
      ),
    headers: (env) => ({ authorization: basic(env('LANGFUSE_PUBLIC_KEY'), env('LANGFUSE_SECRET_KEY')) }),
  },
  langsmith: {
    needs: ['LANGSMITH_API_KEY'],
    url: (env) => under(env('LANGSMITH_ENDPOINT'), 'https://api.smith.langchain.com', '/otel/v1/traces'),
    headers: (env) => ({ 'x-api-key': env('LANGSMITH_API_KEY'), 'langsmith-project': env('LANGSMITH_PROJECT') }),
  },
  phoenix: {
    needs: [],
    url: (env) =>
      under(
        env('PHOENIX_COLLECTOR_HTTP_ENDPOINT', 'PHOENIX_COLLECTOR_ENDPOINT'),
        'http://localhost:6006',
        '/v1/traces',
      ),
    headers: (env) => ({ authorization: bearer(env('PHOENIX_API_KEY')) }),
    resource: (env) => ({ 'openinference.project.name': env('PHOENIX_PROJECT_NAME') }),
    dialect: (attributes, facts) => writeOpenInference(attributes, facts),
  },
  arize: {
    needs: [['ARIZE_SPACE_ID', 'ARIZE_SPACE_KEY'], 'ARIZE_API_KEY'],
    url: (env) => env('ARIZE_HTTP_ENDPOINT') ?? 'https://otlp.arize.com/v1/traces',
    headers: (env) => ({ space_id: env('ARIZE_SPACE_ID', 'ARIZE_SPACE_KEY'), api_key: env('ARIZE_API_KEY') }),
    resource: (env) => ({ model_id: env('ARIZE_PROJECT_NAME') ?? 'default' }),
    dialect: (attributes, facts) => writeOpenInference(attributes, facts),
  },
  braintrust: {
    needs: ['BRAINTRUST_API_KEY', 'BRAINTRUST_PARENT'],
    url: (env) => under(env('BRAINTRUST_API_URL'), 'https://api.braintrust.dev', '/otel/v1/traces'),
    headers: (env) => ({ authorization: bearer(env('BRAINTRUST_API_KEY')), 'x-bt-parent': env('BRAINTRUST_PARENT') }),
  },
  // The host depends on the Datadog site and is documented only there, so it must be configured.
  datadog: {
    needs: ['DD_API_KEY', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'],
    url: (env) => env('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') ?? '',
    headers: (env) => ({ 'dd-api-key': env('DD_API_KEY'), 'dd-otlp-source': 'llmobs' }),
  },
  honeycomb: {
    needs: ['HONEYCOMB_API_KEY'],
    url: () => 'https://api.honeycomb.io/v1/traces',
    headers: (env) => ({ 'x-honeycomb-team': env('HONEYCOMB_API_KEY') }),
  },
  newrelic: {
    needs: ['NEW_RELIC_LICENSE_KEY'],
    url: (env) =>
      env('NEW_RELIC_REGION')?.toLowerCase() === 'eu'
        ? 'https://otlp.eu01.nr-data.net/v1/traces'
        : 'https://otlp.nr-data.net/v1/traces',
    headers: (env) => ({ 'api-key': env('NEW_RELIC_LICENSE_KEY') }),
  },
  // Grafana's page provides zone, instance and token of a stack as the two standard variables.
  grafana: {
    takesStandardHeaders: true,
    needs: ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_HEADERS'],
    url: (env) => under(env('OTEL_EXPORTER_OTLP_ENDPOINT'), '', '/v1/traces'),
  },
  logfire: {
    needs: ['LOGFIRE_TOKEN'],
    url: (env) => under(env('LOGFIRE_BASE_URL') ?? logfireRegion(env('LOGFIRE_TOKEN')), '', '/v1/traces'),
    headers: (env) => ({ authorization: env('LOGFIRE_TOKEN') }),
  },
  weave: {
    needs: ['WANDB_API_KEY', 'WANDB_PROJECT_ID'],
    url: () => 'https://trace.wandb.ai/otel/v1/traces',
    headers: (env) => ({ authorization: basic('api', env('WANDB_API_KEY')), project_id: env('WANDB_PROJECT_ID') }),
    dialect: (attributes, facts) => writeOpenInference(attributes, facts),
  },
  traceloop: {
    needs: ['TRACELOOP_API_KEY'],
    url: (env) => under(env('TRACELOOP_BASE_URL'), 'https://api.traceloop.com', '/v1/traces'),
    headers: (env) => ({ authorization: bearer(env('TRACELOOP_API_KEY')) }),
    dialect: (attributes, facts) => writeOpenLLMetry(attributes, facts),
  },
  laminar: {
    needs: ['LMNR_PROJECT_API_KEY'],
    url: (env) => under(env('LMNR_BASE_URL'), 'https://api.lmnr.ai', '/v1/traces'),
    headers: (env) => ({ authorization: bearer(env('LMNR_PROJECT_API_KEY')) }),
  },
  mlflow: {
    needs: ['MLFLOW_EXPERIMENT_ID'],
    url: (env) => under(env('MLFLOW_TRACKING_URI'), 'http://localhost:5000', '/v1/traces'),
    headers: (env) => ({ 'x-mlflow-experiment-id': env('MLFLOW_EXPERIMENT_ID') }),
  },
  signoz: {
    needs: ['SIGNOZ_INGESTION_ENDPOINT', 'SIGNOZ_INGESTION_KEY'],
    url: (env) => under(env('SIGNOZ_INGESTION_ENDPOINT'), '', '/v1/traces'),
    headers: (env) => ({ 'signoz-ingestion-key': env('SIGNOZ_INGESTION_KEY') }),
  },
};

export const presetNames: readonly string[] = Object.keys(presets);

/** The variables that a preset needs; none for other names. */
export function presetVariables(name: string): string[] {
  return isPreset(name) ? presets[name].needs.flatMap((names) => [names].flat()[0] ?? []) : [];
}

/** A write token of Logfire contains its region: `pylf_v1_eu_…`. */
function logfireRegion(token: string | undefined): string {
  return token?.startsWith('pylf_v1_eu_') ? 'https://logfire-eu.pydantic.dev' : 'https://logfire-us.pydantic.dev';
}

/**
 * The OTLP options of a preset; undefined if no preset has that name.
 * @throws ConfigurationError when a variable it needs is not set
 */
export function resolvePreset(
  name: string,
  given: Partial<OtlpOptions>,
  environment: Environment,
  warn: (message: string) => void = (): void => {},
): OtlpOptions | undefined {
  const preset = isPreset(name) ? presets[name] : undefined;
  if (!preset) return undefined;
  const read: Read = (...variables) => variables.map((variable) => environment[variable]?.trim()).find(Boolean);
  const missing = preset.needs
    .map((names) => [names].flat())
    .filter((names) => read(...names) === undefined)
    .map(([name]) => name);
  if (missing.length > 0 && !(given.url && given.headers)) {
    throw new ConfigurationError(
      `The destination ${name} needs ${missing.join(' and ')}: set ${missing.length > 1 ? 'them' : 'it'}, or take ${name} out of SPANPORT_DESTINATIONS.`,
    );
  }
  const resource = { ...defined(preset.resource?.(read)), ...given.resource };
  const dialect = given.dialect ?? preset.dialect;
  return {
    url: checkedUrl(given.url ?? preset.url(read), `The endpoint of ${name}`),
    headers: {
      ...(preset.takesStandardHeaders && headersFrom(environment, ['OTEL_EXPORTER_OTLP_HEADERS'])),
      ...checkedHeaders({ ...defined(preset.headers?.(read)), ...given.headers }, `The destination ${name}`),
    },
    encoding: given.encoding ?? 'protobuf',
    compression: given.compression ?? 'gzip',
    ...(Object.keys(resource).length > 0 && { resource }),
    ...(dialect && { dialect }),
    ...(given.exporter && { exporter: checkedExporter(given.exporter) }),
    ...(preset.takesStandardHeaders && { connection: given.connection ?? connectionFrom(environment, warn) }),
  };
}

function defined(values: Readonly<Record<string, string | undefined>> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

function isPreset(name: string): name is PresetName {
  return Object.hasOwn(presets, name);
}
