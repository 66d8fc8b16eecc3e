import { diag, type TracerProvider } from '@opentelemetry/api';
import {
  InstrumentationBase,
  type InstrumentationConfig,
  InstrumentationNodeModuleDefinition,
} from '@opentelemetry/instrumentation';
import { SCOPE_NAME } from '../../semconv/names.ts';
import { VERSION } from '../../semconv/version.ts';
import { type CaptureOptions, defaultCapture } from '../capture-options.ts';
import { configureCapture, setEnabled } from '../recorder.ts';
import { setTracerProvider } from '../tracer.ts';
import { operations } from './operations.ts';
import { patchClass } from './patch.ts';
import { toolRunners } from './run-tools.ts';

/** The openai versions whose every major is tested. */
export const SUPPORTED_VERSIONS = ['>=4.55.0 <8'];

export type OpenAIInstrumentationConfig = InstrumentationConfig & Partial<CaptureOptions>;

/**
 * Instruments the `openai` package wherever it is loaded, with any OpenTelemetry SDK. Spans, metrics and events go by
 * the GenAI conventions; nothing changes for the caller.
 */
export class OpenAIInstrumentation extends InstrumentationBase<OpenAIInstrumentationConfig> {
  constructor(config: OpenAIInstrumentationConfig = {}) {
    super(SCOPE_NAME, VERSION, config);
    configureCapture({ ...defaultCapture, ...config });
  }

  protected override init(): InstrumentationNodeModuleDefinition {
    return new InstrumentationNodeModuleDefinition('openai', SUPPORTED_VERSIONS, (openai: unknown, version) => {
      diag.debug(`spanport: instrumenting openai ${version ?? ''}`);
      instrumentModule(openai);
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

function instrumentModule(openai: unknown): void {
  const { OpenAI, default: main } = (openai ?? {}) as { OpenAI?: unknown; default?: unknown };
  const clientClass = [OpenAI, main, openai].find((candidate) => typeof candidate === 'function');
  if (clientClass) patchClass(clientClass as object, operations, toolRunners);
  else diag.warn('spanport: this openai exports no client class; no spans will be made');
}

/**
 * Instruments a client, or the class that makes clients, where no module hook reaches: bundlers, test runners, openai 4
 * in ESM applications. A second call is harmless.
 * @returns what it was given
 */
export function instrumentOpenAI<T extends object>(clientOrClass: T): T {
  const clientClass = typeof clientOrClass === 'function' ? clientOrClass : clientOrClass.constructor;
  setEnabled(true);
  patchClass(clientClass, operations, toolRunners);
  return clientOrClass;
}
