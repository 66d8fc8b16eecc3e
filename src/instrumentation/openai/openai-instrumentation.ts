import type { TracerProvider } from '@opentelemetry/api';
import {
  InstrumentationBase,
  type InstrumentationConfig,
  InstrumentationNodeModuleDefinition,
} from '@opentelemetry/instrumentation';
import { createMask } from '../../interaction/mask.ts';
import { SCOPE_NAME } from '../../semconv/names.ts';
import { VERSION } from '../../semconv/version.ts';
import { type CaptureOptions, defaultCapture } from '../capture-options.ts';
import { configureCapture, setEnabled } from '../recorder.ts';
import { setTracerProvider } from '../tracer.ts';
import { instrumentModule } from './instrument.ts';

export type OpenAIInstrumentationConfig = InstrumentationConfig & Partial<CaptureOptions>;

/**
 * Instruments the `openai` package wherever it is loaded, with any OpenTelemetry SDK. Spans, metrics and events go by
 * the GenAI conventions; nothing changes for the caller.
 */
export class OpenAIInstrumentation extends InstrumentationBase<OpenAIInstrumentationConfig> {
  constructor(config: OpenAIInstrumentationConfig = {}) {
    super(SCOPE_NAME, VERSION, config);
  }

  override setConfig(config: OpenAIInstrumentationConfig = {}): void {
    super.setConfig(config);
    configureCapture({ ...defaultCapture, ...config, mask: createMask(config.mask) });
  }

  protected override init(): InstrumentationNodeModuleDefinition {
    return new InstrumentationNodeModuleDefinition('openai', ['*'], (openai: unknown, version) => {
      instrumentModule(openai, version);
      return openai;
    });
  }

  override enable(): void {
    setEnabled(true);
    super.enable();
  }

  /** Calls go through untouched from now on; the methods stay as they were patched, and cost one question. */
  override disable(): void {
    setEnabled(false);
    super.disable();
  }

  override setTracerProvider(provider: TracerProvider): void {
    super.setTracerProvider(provider);
    setTracerProvider(provider);
  }
}
