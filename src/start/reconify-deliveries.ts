import type { SpanDestination } from '../exporter/destination.ts';
import { openVendor } from '../exporter/destinations/open-vendor.ts';
import { openPipeline, type Pipeline } from '../exporter/pipeline.ts';
import { activeRecorders } from '../instrumentation/active-recorders.ts';
import { defaultCapture } from '../instrumentation/capture-options.ts';
import { type Amendment, type CallAmendments, clientAmendments } from '../instrumentation/client-amendments.ts';
import { ensureContextManager } from '../instrumentation/ensure-context-manager.ts';
import { instrumentOpenAI } from '../instrumentation/openai/instrument.ts';
import { createRecorder } from '../instrumentation/recorder.ts';
import { maskSecrets } from '../interaction/mask.ts';
import type { UnreadSpan } from '../semconv/span-data.ts';
import type { ReconifyOptions } from '../vendors/reconify/options.ts';
import type { Vendor } from '../vendors/vendor.ts';
import { AmendedSpans } from './amended-spans.ts';
import { onProcessEnd } from './process-end.ts';
import { OwnTracerProvider } from './provider.ts';

/** The delivery of all handlers with the same settings. */
class HandlerDelivery {
  readonly destination: SpanDestination;
  readonly #pipeline: Pipeline;
  readonly #spans = new AmendedSpans();

  constructor(vendor: Vendor<ReconifyOptions, unknown>, settings: ReconifyOptions) {
    this.#pipeline = openPipeline({ mask: maskSecrets });
    this.destination = this.#pipeline.join((host) => openVendor(vendor, settings, 'full', undefined, host));
    this.destination.amend?.((interaction) => {
      // Runs are logged by `logAssistant` alone, which knows the messages that the application means.
      if (interaction.operation === 'invoke_agent') return undefined;
      return this.#spans.amend(interaction, this);
    });
  }

  take(span: UnreadSpan, amendments: CallAmendments): void {
    this.#pipeline.take(this.#spans.add(span, amendments));
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

  /** @param isReplaced whether another destination receives the calls */
  constructor(isReplaced: () => boolean) {
    this.#isReplaced = isReplaced;
  }

  /**
   * Each configuration logs the calls of a client once, with the user and session of the handler that was the latest
   * when the call started.
   * @param key identifies the vendor and its settings
   * @param amendment called when a call starts, because the user may be another one when it ends
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
    clientAmendments.set(client, delivery, amendment);
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
    recorder.onSpanEnded((span, amendments) => {
      if (!amendments || this.#isReplaced()) return;
      for (const receiver of amendments.keys())
        if (receiver instanceof HandlerDelivery) receiver.take(span, amendments);
    });
    onProcessEnd(() => {
      recorder.cutCallsUnderWay();
      for (const delivery of this.#bySettings.values()) delivery.end();
    });
  }
}
