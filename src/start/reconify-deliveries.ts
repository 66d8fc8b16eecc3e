import { RecentMap } from '../bounded/recent-map.ts';
import type { SpanDestination } from '../exporter/destination.ts';
import { openVendor } from '../exporter/destinations/open-vendor.ts';
import { openPipeline, type Pipeline } from '../exporter/pipeline.ts';
import { activeRecorders } from '../instrumentation/active-recorders.ts';
import { defaultCapture } from '../instrumentation/capture-options.ts';
import { ensureContextManager } from '../instrumentation/ensure-context-manager.ts';
import { instrumentOpenAI } from '../instrumentation/openai/instrument.ts';
import { createRecorder } from '../instrumentation/recorder.ts';
import type { Interaction } from '../interaction/interaction.ts';
import { maskSecrets } from '../interaction/mask.ts';
import type { UnreadSpan } from '../semconv/span-data.ts';
import type { ReconifyOptions } from '../vendors/reconify/options.ts';
import type { Vendor } from '../vendors/vendor.ts';
import { onProcessEnd } from './process-end.ts';
import { OwnTracerProvider } from './provider.ts';

/** Adds the user and session of one handler to a call. */
export type Amendment = (interaction: Interaction) => Interaction;

/** Calls that were read and not encoded yet. Only those that wait for another span are not encoded at once. */
const MAX_READ = 4_096;

/** The delivery of all handlers with the same settings. */
class HandlerDelivery {
  readonly destination: SpanDestination;
  readonly #pipeline: Pipeline;
  /** By span. */
  readonly #amendments = new RecentMap<Amendment>({ maxWeight: MAX_READ });

  constructor(vendor: Vendor<ReconifyOptions, unknown>, settings: ReconifyOptions) {
    this.#pipeline = openPipeline({ mask: maskSecrets });
    this.destination = this.#pipeline.join((host) => openVendor(vendor, settings, 'full', undefined, host));
    this.destination.amend?.((interaction) => {
      // Runs are logged by `logAssistant` alone, which knows the messages that the application means.
      if (interaction.operation === 'invoke_agent') return undefined;
      return this.#amendments.get(`${interaction.traceId}:${interaction.spanId}`)?.(interaction) ?? interaction;
    });
  }

  take(span: UnreadSpan, amend: Amendment): void {
    this.#pipeline.take({
      read: () => {
        const ended = span.read();
        if (!ended) return undefined;
        const { traceId, spanId } = ended.spanContext();
        this.#amendments.set(`${traceId}:${spanId}`, amend);
        return ended;
      },
    });
  }

  end(): void {
    this.#pipeline.drain(true);
  }
}

/**
 * The deliveries of handlers without a Reconify destination of `start()`: one for each configuration, and one recorder
 * for all of them. An application may make a handler for each request.
 */
export class HandlerDeliveries {
  readonly #isReplaced: () => boolean;
  readonly #bySettings = new Map<string, HandlerDelivery>();
  /** Each configuration logs the calls of a client once, with the session of the latest handler. */
  readonly #clients = new WeakMap<object, Map<HandlerDelivery, () => Amendment>>();

  /** @param isReplaced whether another destination receives the calls */
  constructor(isReplaced: () => boolean) {
    this.#isReplaced = isReplaced;
  }

  /**
   * @param key identifies the vendor and its settings
   * @param amendment called when a call ends, because the user may be another one when it is encoded
   */
  open(
    client: object,
    key: string,
    vendor: Vendor<ReconifyOptions, unknown>,
    settings: ReconifyOptions,
    amendment: () => Amendment,
  ): SpanDestination {
    if (this.#bySettings.size === 0) this.#record();
    const delivery = this.#bySettings.get(key) ?? new HandlerDelivery(vendor, settings);
    this.#bySettings.set(key, delivery);
    const deliveries = this.#clients.get(client);
    if (deliveries) deliveries.set(delivery, amendment);
    else this.#clients.set(client, new Map([[delivery, amendment]]));
    instrumentOpenAI(client);
    return delivery.destination;
  }

  #record(): void {
    const fallback = new OwnTracerProvider(
      { onForeignSpan: () => {}, onForeignTracer: ensureContextManager },
      process.env,
    );
    const recorder = createRecorder(defaultCapture, { fallback });
    activeRecorders.enable(recorder);
    recorder.onSpanEnded((span, client) => {
      const deliveries = client && this.#clients.get(client);
      if (!deliveries || this.#isReplaced()) return;
      for (const [delivery, amendment] of deliveries) delivery.take(span, amendment());
    });
    onProcessEnd(() => {
      recorder.cutCallsUnderWay();
      for (const delivery of this.#bySettings.values()) delivery.end();
    });
  }
}
