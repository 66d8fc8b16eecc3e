import type { MeterProvider, TracerProvider } from '@opentelemetry/api';
import { createMask } from '../../interaction/mask.ts';
import { VERSION } from '../../loading/version.ts';
import { SCOPE_NAME } from '../../semconv/names.ts';
import { type CaptureOptions, defaultCapture } from '../capture-options.ts';
import { configureCapture, setEnabled } from '../recorder.ts';
import { setTracerProvider } from '../tracer.ts';
import { hookOpenAI } from './instrument.ts';

export interface OpenAIInstrumentationConfig extends Partial<CaptureOptions> {
  /** Default true. */
  readonly enabled?: boolean;
}

/**
 * Instruments the `openai` package wherever it is loaded, with any OpenTelemetry SDK. Spans, metrics and events follow
 * the GenAI conventions; nothing changes for the caller.
 *
 * It has the interface of OpenTelemetry's instrumentations, and not their base class, whose hooks run for every module
 * of the application and which bundlers cannot put into an ES module.
 */
export class OpenAIInstrumentation {
  readonly instrumentationName: string = SCOPE_NAME;
  readonly instrumentationVersion: string = VERSION;
  #config: OpenAIInstrumentationConfig = {};

  constructor(config: OpenAIInstrumentationConfig = {}) {
    this.setConfig(config);
    if (config.enabled !== false) this.enable();
  }

  setConfig(config: OpenAIInstrumentationConfig = {}): void {
    this.#config = { enabled: true, ...config };
    configureCapture({ ...defaultCapture, ...config, mask: createMask(config.mask) });
  }

  getConfig(): OpenAIInstrumentationConfig {
    return this.#config;
  }

  enable(): void {
    setEnabled(true);
    hookOpenAI();
  }

  /** Calls go through untouched from now on; the methods stay patched, and cost one check. */
  disable(): void {
    setEnabled(false);
  }

  setTracerProvider(provider: TracerProvider): void {
    setTracerProvider(provider);
  }

  /** Metrics go to the global meter provider. */
  setMeterProvider(_provider: MeterProvider): void {}
}
