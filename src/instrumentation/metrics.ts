import {
  type Attributes,
  type Counter,
  type Histogram,
  type Meter,
  type MeterProvider,
  metrics,
} from '@opentelemetry/api';
import type { Facts } from '../interaction/interaction.ts';
import { type OperationKind, operationKind } from '../interaction/operation.ts';
import { VERSION } from '../loading/version.ts';
import { ATTR, METRIC, SCOPE_NAME } from '../semconv/names.ts';

type Version = 'latest' | 'v1.41' | 'both';

/** Bucket lists of the conventions: seconds, and tokens. */
const SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const TOKENS = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864];

type Usage = keyof NonNullable<Facts['usage']>;

/** Token counters, each with the usage field that it counts. */
const counted: readonly (readonly [name: string, usage: Usage])[] = [
  [METRIC.inputTokens, 'inputTokens'],
  [METRIC.outputTokens, 'outputTokens'],
  [METRIC.cacheReadInputTokens, 'cacheReadInputTokens'],
  [METRIC.cacheWriteInputTokens, 'cacheWriteInputTokens'],
  [METRIC.reasoningOutputTokens, 'reasoningOutputTokens'],
];

interface Instruments {
  readonly latest?: LatestInstruments;
  readonly former?: FormerInstruments;
  readonly toolDuration: Histogram;
}
interface LatestInstruments {
  readonly inferenceDuration: Histogram;
  readonly operationDuration: Histogram;
  readonly embeddingsDuration: Histogram;
  readonly embeddingsInput: Histogram;
  readonly timeToFirstChunk: Histogram;
  readonly tokens: readonly (readonly [Counter, Usage])[];
  readonly operationInput: Histogram;
  readonly operationOutput: Histogram;
}
interface FormerInstruments {
  readonly operationDuration: Histogram;
  readonly timeToFirstChunk: Histogram;
  readonly tokenUsage: Histogram;
}

/** The measurements that recordings report. */
export interface Measures {
  /** Whether the application measures. False while no MeterProvider is registered. */
  readonly isActive: boolean;
  /** Records one ended operation, sampled or not. `elapsed` in seconds. */
  record(facts: Facts, elapsed: number, errorType: string | undefined): void;
  /**
   * Records a tool that ran. `elapsed` in seconds. Not called for inferred executions, whose duration was not measured.
   */
  recordTool(elapsed: number, tool: { readonly name: string; readonly errorType?: string }): void;
}

/** The instruments of a recorder: on the MeterProvider that was set for it, else on the global one. */
export class MeterSource implements Measures {
  #version: Version;
  #explicit: MeterProvider | undefined;
  #current: MeterProvider | undefined;
  #instruments: Instruments | undefined;

  constructor(version: Version) {
    this.#version = version;
  }

  setVersion(version: Version): void {
    if (version !== this.#version) this.#current = undefined;
    this.#version = version;
  }

  /** A provider that is set here takes precedence over the global one. */
  setProvider(provider: MeterProvider | undefined): void {
    this.#explicit = provider && isNoop(provider) ? undefined : provider;
  }

  get provider(): MeterProvider {
    return this.#explicit ?? metrics.getMeterProvider();
  }

  /**
   * Instruments are created at the first call after a MeterProvider was registered, and again when another one replaces
   * it.
   */
  get isActive(): boolean {
    const { provider } = this;
    if (provider !== this.#current) {
      this.#current = provider;
      this.#instruments = isNoop(provider) ? undefined : createInstruments(provider, this.#version);
    }
    return this.#instruments !== undefined;
  }

  record(facts: Facts, elapsed: number, errorType: string | undefined): void {
    if (this.isActive && this.#instruments) recordOperation(this.#instruments, facts, elapsed, errorType);
  }

  recordTool(elapsed: number, { name, errorType }: { readonly name: string; readonly errorType?: string }): void {
    if (!this.isActive) return;
    this.#instruments?.toolDuration.record(elapsed, {
      [ATTR.toolName]: name,
      [ATTR.toolType]: 'function',
      ...(errorType !== undefined && { [ATTR.errorType]: errorType }),
    });
  }
}

/** Until one is registered, the API returns a no-op provider whose class it does not export. */
function isNoop(provider: MeterProvider): boolean {
  return provider.constructor.name === 'NoopMeterProvider';
}

function createInstruments(from: MeterProvider, version: Version): Instruments {
  const meter = from.getMeter(SCOPE_NAME, VERSION);
  // The two versions of the conventions use one name with two meanings, so each has its own meter.
  const formerMeter = version === 'both' ? from.getMeter(`${SCOPE_NAME}.v1_41`, VERSION) : meter;
  return {
    ...(version !== 'v1.41' && { latest: latestInstruments(meter) }),
    ...(version !== 'latest' && { former: formerInstruments(formerMeter) }),
    toolDuration: meter.createHistogram(METRIC.executeToolDuration, seconds('Duration of a tool that ran')),
  };
}

const seconds = (description: string): object => ({
  description,
  unit: 's',
  advice: { explicitBucketBoundaries: SECONDS },
});
const tokens = (description: string): object => ({
  description,
  unit: '{token}',
  advice: { explicitBucketBoundaries: TOKENS },
});

function latestInstruments(meter: Meter): LatestInstruments {
  return {
    inferenceDuration: meter.createHistogram(METRIC.inferenceDuration, seconds('Duration of a request to a model')),
    operationDuration: meter.createHistogram(
      METRIC.operationDuration,
      seconds('Duration of any other GenAI operation'),
    ),
    embeddingsDuration: meter.createHistogram(
      METRIC.embeddingsDuration,
      seconds('Duration of a request for embeddings'),
    ),
    embeddingsInput: meter.createHistogram(
      METRIC.embeddingsInputTokens,
      tokens('Input tokens of a request for embeddings'),
    ),
    timeToFirstChunk: meter.createHistogram(METRIC.timeToFirstChunk, seconds('Time until the first chunk of a stream')),
    tokens: counted.map(([name, usage]) => [
      meter.createCounter(name, { description: 'Tokens of all requests', unit: '{token}' }),
      usage,
    ]),
    operationInput: meter.createHistogram(METRIC.operationInputTokens, tokens('Input tokens of a request')),
    operationOutput: meter.createHistogram(METRIC.operationOutputTokens, tokens('Output tokens of a request')),
  };
}

function formerInstruments(meter: Meter): FormerInstruments {
  return {
    operationDuration: meter.createHistogram(METRIC.operationDuration, seconds('Duration of a GenAI operation')),
    timeToFirstChunk: meter.createHistogram(
      METRIC.formerTimeToFirstChunk,
      seconds('Time until the first chunk of a stream'),
    ),
    tokenUsage: meter.createHistogram(METRIC.formerTokenUsage, tokens('Tokens of a request')),
  };
}

function durationOf(kind: OperationKind | undefined): 'inferenceDuration' | 'embeddingsDuration' | 'operationDuration' {
  if (kind === 'inference') return 'inferenceDuration';
  return kind === 'embeddings' ? 'embeddingsDuration' : 'operationDuration';
}

function recordOperation(
  { latest, former }: Instruments,
  facts: Facts,
  elapsed: number,
  errorType: string | undefined,
): void {
  const kind = operationKind(facts.operation);
  const isOfInference = kind === 'inference';
  const common = commonAttributes(facts);
  const withError = errorType === undefined ? common : { ...common, [ATTR.errorType]: errorType };
  latest?.[durationOf(kind)].record(elapsed, withError);
  former?.operationDuration.record(elapsed, withError);
  const { usage } = facts;
  if (kind === 'embeddings' && usage?.inputTokens !== undefined && !usage.estimated)
    latest?.embeddingsInput.record(usage.inputTokens, withError);
  if (!isOfInference) return;

  if (facts.timeToFirstChunk !== undefined) {
    latest?.timeToFirstChunk.record(facts.timeToFirstChunk, common);
    former?.timeToFirstChunk.record(facts.timeToFirstChunk, common);
  }
  // An estimate is not a measurement.
  if (!usage || usage.estimated) return;
  const unknownModality = { ...common, 'gen_ai.token.modality': 'unknown' };
  for (const [counter, name] of latest?.tokens ?? []) {
    const count = usage[name];
    if (typeof count === 'number') counter.add(count, unknownModality);
  }
  if (usage.inputTokens !== undefined) {
    latest?.operationInput.record(usage.inputTokens, withError);
    former?.tokenUsage.record(usage.inputTokens, { ...common, 'gen_ai.token.type': 'input' });
  }
  if (usage.outputTokens !== undefined) {
    latest?.operationOutput.record(usage.outputTokens, withError);
    former?.tokenUsage.record(usage.outputTokens, { ...common, 'gen_ai.token.type': 'output' });
  }
}

/** Contains no ids: each value of an attribute creates a time series. */
function commonAttributes(facts: Facts): Attributes {
  return {
    [ATTR.operationName]: facts.operation ?? '',
    ...(facts.provider !== undefined && { [ATTR.providerName]: facts.provider }),
    ...(facts.requestModel !== undefined && { [ATTR.requestModel]: facts.requestModel }),
    ...(facts.responseModel !== undefined && { [ATTR.responseModel]: facts.responseModel }),
    ...(facts.serverAddress !== undefined && { [ATTR.serverAddress]: facts.serverAddress }),
    ...(facts.serverPort !== undefined && { [ATTR.serverPort]: facts.serverPort }),
  };
}
