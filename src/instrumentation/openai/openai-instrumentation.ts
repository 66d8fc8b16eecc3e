import type { MeterProvider, TracerProvider } from '@opentelemetry/api';
import type { LoggerProvider } from '@opentelemetry/api-logs';
import { diag } from '../../diagnostics/diag.ts';
import { VERSION } from '../../loading/version.ts';
import { SCOPE_NAME } from '../../semconv/names.ts';
import { activeRecorders } from '../active-recorders.ts';
import { type CaptureOptions, captureOptionsFrom } from '../capture-options.ts';
import { createRecorder } from '../recorder.ts';
import { hookOpenAI } from './instrument.ts';

/** Options of {@link OpenAIInstrumentation}. */
export interface OpenAIInstrumentationConfig extends Partial<CaptureOptions> {
  /** Default true. */
  readonly enabled?: boolean;
}

const warn = (message: string): void => diag.warn(`spanport: ${message}`);

/**
 * Instruments the `openai` package wherever it is loaded, with any OpenTelemetry SDK. Spans, metrics and events follow
 * the GenAI conventions; nothing changes for the caller. Each instance has its own settings, providers and on/off
 * state.
 *
 * It implements the interface of OpenTelemetry's instrumentations but does not extend their base class: the hooks of
 * that class run for every module of the application, and bundlers cannot include it in an ES module.
 */
export class OpenAIInstrumentation {
  /** The name of its tracer and meter. */
  readonly instrumentationName: string = SCOPE_NAME;
  /** The version of this package. */
  readonly instrumentationVersion: string = VERSION;
  readonly #recorder = createRecorder();
  #config: OpenAIInstrumentationConfig = {};

  constructor(config: OpenAIInstrumentationConfig = {}) {
    this.setConfig(config);
    if (config.enabled !== false) this.enable();
  }

  /** Options that are not set here come from the environment, such as `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`. */
  setConfig(config: OpenAIInstrumentationConfig = {}): void {
    this.#config = { enabled: true, ...config };
    this.#recorder.configure(captureOptionsFrom(config, process.env, warn));
  }

  /** The active options. */
  getConfig(): OpenAIInstrumentationConfig {
    return this.#config;
  }

  /** Records calls, as it does from its construction on. */
  enable(): void {
    activeRecorders.enable(this.#recorder);
    hookOpenAI();
  }

  /** Stops recording. The methods stay patched, which costs one check for each call. */
  disable(): void {
    activeRecorders.disable(this.#recorder);
  }

  /** Makes spans with this provider in place of the global one. */
  setTracerProvider(provider: TracerProvider): void {
    this.#recorder.setTracerProvider(provider);
  }

  /** Measures with this provider in place of the global one. */
  setMeterProvider(provider: MeterProvider): void {
    this.#recorder.setMeterProvider(provider);
  }

  /** Emits events through this provider in place of the global one. */
  setLoggerProvider(provider: LoggerProvider): void {
    this.#recorder.setLoggerProvider(provider);
  }
}
