import { type TracerProvider, trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { discoveryFile } from '../configuration/discovery.ts';
import type { Environment } from '../configuration/environment.ts';
import { isSdkDisabled } from '../configuration/sdk-disabled.ts';
import { systemClock, within } from '../delivery/clock.ts';
import { diag } from '../diagnostics/diag.ts';
import { applyLogLevel } from '../diagnostics/log-level.ts';
import type { DestinationStats, SpanDestination } from '../exporter/destination.ts';
import type { UncheckedSetting } from '../exporter/destinations/destination-setting.ts';
import {
  type DestinationContext,
  destinationsFrom,
  planDestination,
} from '../exporter/destinations/open-destination.ts';
import { openPipeline, type Pipeline, type PipelineSpan } from '../exporter/pipeline.ts';
import type { LeftOutCounts } from '../exporter/run-assembler.ts';
import { resolveContent, resolveSpool } from '../exporter/settings.ts';
import { usableSpool } from '../exporter/usable-spool.ts';
import { activeRecorders } from '../instrumentation/active-recorders.ts';
import { captureOptionsFrom } from '../instrumentation/capture-options.ts';
import { ensureContextManager } from '../instrumentation/ensure-context-manager.ts';
import type { Instrumentation } from '../instrumentation/instrumentation.ts';
import { createRecorder, type Recorder } from '../instrumentation/recorder.ts';
import { type Mask, maskSecrets } from '../interaction/mask.ts';
import { sharedState } from '../loading/shared-state.ts';
import { AmendedSpans } from './amended-spans.ts';
import { findGateway } from './gateway-probe.ts';
import { checkOptionNames, unknownVariables } from './known-settings.ts';
import { noticeLateVariables } from './late-variables.ts';
import { onProcessEnd } from './process-end.ts';
import { hasForeignProvider, leaseGlobally, OwnTracerProvider, serviceFrom } from './provider.ts';
import type { StartOptions } from './start-options.ts';
import { createUnreachedNotice } from './unreached.ts';

/** Counters of a running Spanport. */
export interface Stats {
  /** Calls that the trace sampler left out. */
  readonly notSampled: number;
  /** Runs that were sent without their answer, because the application did not read it. */
  readonly outputUnseen: number;
  /** Spans that made no record of their own at a vendor, by reason. */
  readonly leftOut: LeftOutCounts;
  /** Counters by destination. */
  readonly destinations: Readonly<Record<string, DestinationStats>>;
}

/** What {@link start} returns. */
export interface Handle {
  /** Resolves when every ended span is delivered or on disk. For serverless functions and tests. */
  forceFlush(): Promise<void>;
  /** Flushes inside the deadline and ends our part; an application's own provider goes on. A second call is harmless. */
  shutdown(): Promise<void>;
  /** Counters since the start. */
  stats(): Stats;
  /** The provider that makes spans while the application has registered none of its own. */
  readonly tracerProvider: TracerProvider;
}

interface Running {
  readonly handle: Handle;
  readonly mask: Mask;
  readonly pipeline: Pipeline | undefined;
  /** Adds destinations. @throws ConfigurationError before any is opened */
  readonly join: (settings: readonly UncheckedSetting[]) => void;
}

/** One for all copies of the package in a process: a bundle may hold several, and each may call `start()`. */
const started = sharedState('started', (): { current: Running | undefined } => ({ current: undefined }));

/** The destinations of the active `start`. */
export function currentDestinations(): readonly SpanDestination[] {
  return started.current?.pipeline?.destinations ?? [];
}

/** The mask of the active `start()`, for texts outside of calls. */
export function currentMask(): Mask {
  return started.current?.mask ?? maskSecrets;
}

/** Passes every span that has ended to its destinations, now. */
export function drainSpans(): void {
  started.current?.pipeline?.drain();
}

/**
 * Opens the destinations and instruments the SDKs. While one start is active, another returns its handle and changes
 * nothing.
 * @throws ConfigurationError one sentence about an invalid setting; nothing has been started then
 */
export function startOnce(options: StartOptions, instrumentations: readonly Instrumentation[]): Handle {
  if (started.current) {
    diag.warn(
      'spanport: start() was called again, and its options are ignored: the first call, or spanport/register, stays active',
    );
    return started.current.handle;
  }
  const environment = process.env;
  applyLogLevel(environment);
  checkOptionNames(options);
  started.current = isSdkDisabled(environment)
    ? { handle: inertHandle(), mask: maskSecrets, pipeline: undefined, join: () => undefined }
    : startTracing(options, environment, instrumentations);
  return started.current.handle;
}

/** The start that is active, such as that of `spanport/register`, with destinations added. Undefined where there is none. */
export function joinStarted(settings: readonly UncheckedSetting[]): Handle | undefined {
  started.current?.join(settings);
  return started.current?.handle;
}

function startTracing(
  options: StartOptions,
  environment: Environment,
  instrumentations: readonly Instrumentation[],
): Running {
  const warn = (message: string): void => diag.warn(`spanport: ${message}`);
  for (const sentence of unknownVariables(environment)) warn(sentence);
  const capture = captureOptionsFrom(options, environment, warn);
  const recorder = createRecorder(capture);
  const recorded: Recorded = { recorder, instrumentations, spans: new AmendedSpans() };
  const spool = usableSpool(resolveSpool(options.spool, environment), warn);
  const context: DestinationContext = {
    environment,
    content: resolveContent(options.content, environment),
    contentOnSpans: capture.contentOnSpans,
    spool,
    warn,
    ...(options.destinations && { namedBy: 'destinations of start()' }),
  };
  const names: readonly UncheckedSetting[] | 'none' = options.destinations ?? destinationsFrom(environment, warn);
  // All settings are checked before the first destination is opened.
  const planned = names === 'none' ? [] : names.map((setting) => planDestination(setting, context));
  const isOtlpNamed = options.destinations !== undefined || Boolean(environment['SPANPORT_DESTINATIONS']?.trim());

  const pipeline = openPipeline({
    mask: capture.mask,
    service: serviceFrom(environment),
    onDrain: () => {
      for (const each of instrumentations) each.drain?.(recorder);
    },
  });
  for (const open of planned)
    pipeline.join((host) => {
      const destination = open(host);
      destination.amend?.((interaction) => recorded.spans.amend(interaction, destination.name));
      return destination.name === 'otlp' && !isOtlpNamed ? unlessJoined(destination) : destination;
    });
  const isNothingSet = options.destinations === undefined && names.length === 0;
  const search = isNothingSet ? lookForGateway(pipeline, context) : noSearch;
  const undo = watch(pipeline, recorded, options, environment, spool?.durability === 'sync');
  return {
    ...running(pipeline, recorded, search, undo, options.shutdownTimeoutMillis ?? 5_000),
    join(settings): void {
      for (const open of settings.map((setting) => planDestination(setting, context))) pipeline.join(open);
    },
  };
}

interface Recorded {
  readonly recorder: Recorder;
  readonly instrumentations: readonly Instrumentation[];
  readonly spans: AmendedSpans;
}

/** Ends every call under way with what was read of it so far. */
function endCalls({ recorder, instrumentations }: Recorded): void {
  recorder.cutCallsUnderWay();
  for (const each of instrumentations) each.end?.(recorder);
}

interface Watching {
  readonly provider: OwnTracerProvider;
  /** Ends what {@link watch} began. A second call is harmless. */
  readonly stop: () => void;
}

/** Puts the instrumentation to work and passes its spans, and those of our own provider, to the pipeline. */
function watch(
  pipeline: Pipeline,
  recorded: Recorded,
  options: StartOptions,
  environment: Environment,
  isSync: boolean,
): Watching {
  const take = (span: PipelineSpan): void => {
    pipeline.take(span);
    // `sync`: its records are on disk when `span.end()` returns.
    if (isSync) pipeline.drain();
  };
  const notice = createUnreachedNotice(environment);
  const onForeignSpan = (span: ReadableSpan): void => {
    notice.onSpan(span);
    take(span);
  };
  const provider = new OwnTracerProvider(
    { ...options, onForeignSpan, onForeignTracer: ensureContextManager },
    environment,
  );
  const { recorder, instrumentations, spans } = recorded;
  // The application's provider may be registered with a copy of the API that ours cannot see.
  recorder.setFallbackProvider(provider);
  activeRecorders.enable(recorder);
  for (const each of instrumentations) each.hook();
  const undo = [
    () => activeRecorders.disable(recorder),
    recorder.onSpanEnded((span, amendments) => take(amendments ? spans.add(span, amendments) : span)),
    leaseGlobally(provider),
    ...(options.destinations ? [] : [noticeLateVariables(recorder, environment)]),
    () => notice.stop(),
    onProcessEnd(() => {
      endCalls(recorded);
      notice.flush();
      pipeline.drain(true);
    }),
  ];
  return {
    provider,
    stop(): void {
      for (const each of undo.splice(0)) each();
    },
  };
}

function running(
  pipeline: Pipeline,
  recorded: Recorded,
  search: GatewaySearch,
  { provider, stop }: Watching,
  timeoutMillis: number,
): Omit<Running, 'join'> {
  const { recorder, instrumentations } = recorded;
  let ended: Promise<void> | undefined;
  /** Waits for the search inside the deadline. @returns the ms that are left */
  const searched = async (): Promise<number> => {
    const end = performance.now() + timeoutMillis;
    await within(systemClock, timeoutMillis, search.done);
    return Math.max(0, end - performance.now());
  };
  const shutdown = async (): Promise<void> => {
    endCalls(recorded);
    started.current = undefined;
    stop();
    const restMillis = await searched();
    search.stop();
    await pipeline.shutdown(restMillis);
  };
  return {
    mask: recorder.ownOptions.mask,
    pipeline,
    handle: {
      tracerProvider: provider,
      async forceFlush(): Promise<void> {
        await pipeline.flush(await searched());
      },
      shutdown(): Promise<void> {
        ended ??= shutdown();
        return ended;
      },
      stats: () => ({
        notSampled: recorder.notSampled,
        outputUnseen: instrumentations.reduce((sum, each) => sum + (each.stats?.(recorder).outputUnseen ?? 0), 0),
        leftOut: pipeline.leftOut,
        destinations: pipeline.stats(),
      }),
    },
  };
}

/** An application that exports for itself means a general OTLP endpoint for its own exporter. */
function unlessJoined(otlp: SpanDestination): SpanDestination {
  return {
    ...otlp,
    take(ended, listener): void {
      if (!hasForeignProvider()) otlp.take(ended, listener);
      else listener?.settled({ status: 'skipped', reason: 'the application exports its own traces' });
    },
  };
}

/** The search for a gateway on this machine. */
interface GatewaySearch {
  readonly done: Promise<void>;
  /** A gateway that is found after this becomes no destination. */
  stop(): void;
}

const noSearch: GatewaySearch = { done: Promise.resolve(), stop: () => {} };

/** No destination is set: spans wait, with their content, until it is known whether a gateway runs on this machine. */
function lookForGateway(pipeline: Pipeline, context: DestinationContext): GatewaySearch {
  const stopping = new AbortController();
  return { done: joinGateway(pipeline, context, stopping.signal), stop: () => stopping.abort() };
}

async function joinGateway(pipeline: Pipeline, context: DestinationContext, stopping: AbortSignal): Promise<void> {
  const release = pipeline.hold();
  try {
    const gateway = await findGateway(discoveryFile(context.environment));
    if (gateway && stopping.aborted) {
      context.warn('the gateway on this machine answered after the shutdown, so spans are dropped');
    } else if (gateway) {
      const headers = gateway.token === undefined ? {} : { authorization: `Bearer ${gateway.token}` };
      pipeline.join(planDestination({ name: 'spanport', url: `${gateway.url}/v1/traces`, headers }, context));
    } else {
      context.warn(
        'no destination is set and no gateway of this user runs, so spans are dropped: run npx spanport up first, or set SPANPORT_DESTINATIONS, a vendor key or OTEL_EXPORTER_OTLP_ENDPOINT',
      );
    }
  } catch (error) {
    // A setting of the environment that this destination reads, such as the file of a certificate, may be invalid.
    const reason = error instanceof Error ? error.message : String(error);
    context.warn(`the gateway on this machine cannot be a destination, so spans are dropped: ${reason}`);
  } finally {
    release();
  }
}

/** With `OTEL_SDK_DISABLED` nothing is patched and nothing is sent. */
function inertHandle(): Handle {
  return {
    tracerProvider: trace.getTracerProvider(),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
    stats: () => ({ notSampled: 0, outputUnseen: 0, leftOut: {}, destinations: {} }),
  };
}
