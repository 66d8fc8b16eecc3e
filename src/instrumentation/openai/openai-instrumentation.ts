import { diag, type TracerProvider } from '@opentelemetry/api';
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
import { operations } from './operations.ts';
import { patchClass } from './patch.ts';
import { toolRunners } from './run-tools.ts';

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
      diag.debug(`spanport: instrumenting openai ${version ?? ''}`);
      if (version !== undefined && !isTested(version))
        diag.warn(`spanport: openai ${version} is outside the versions that are tested (4.55 to 7)`);
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

/** What the matrix runs. Other versions are instrumented as far as they look the same. */
function isTested(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major === 4 ? minor >= 55 : major > 4 && major < 8;
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
