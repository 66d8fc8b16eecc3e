import type { Attributes } from '@opentelemetry/api';
import { context, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import OpenAI from 'openai';
import { onTestFinished } from 'vitest';
import { activeRecorders } from '../../src/instrumentation/active-recorders.ts';
import { type CaptureOptions, defaultCapture } from '../../src/instrumentation/capture-options.ts';
import { instrumentOpenAI } from '../../src/instrumentation/openai/instrument.ts';
import { createRecorder, type Recorder } from '../../src/instrumentation/recorder.ts';
import type { Content } from '../../src/interaction/interaction.ts';
import { addContentReader, contentOf } from '../../src/semconv/span-content.ts';
import { type FakeOpenAI, type FakeOpenAIOptions, startFakeOpenAI } from '../../src/testing.ts';

export const model = 'gpt-4o-mini';
export const messages = [{ role: 'user' as const, content: 'Say hello' }];

/** A function that the model may call, as chat completions take it. */
export const weather = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    description: 'Weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
  },
};
export const askForWeather = { toolCalls: [{ name: 'get_weather', arguments: { city: 'Paris' } }] };

/** A real client that talks to a fake server, instrumented, with a real tracer that keeps what it receives. */
export interface Scene {
  readonly server: FakeOpenAI;
  readonly client: OpenAI;
  /** Records the calls of this scene. */
  readonly recorder: Recorder;
  /** Every span that has ended. */
  spans(): readonly ReadableSpan[];
  /** The attributes of the one span that has ended. Fails unless there is exactly one. */
  recorded(): Attributes;
  /** Content of the one call that has ended, which is attached to its span. */
  content(): Content;
}

const exporter = new InMemorySpanExporter();
export const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
export const tracer = provider.getTracer('application');

export interface SceneOptions extends FakeOpenAIOptions {
  /** Whether a destination reads content. Default true. */
  readonly content?: boolean;
  readonly capture?: Partial<CaptureOptions>;
}

export async function openScene({ content = true, capture = {}, ...options }: SceneOptions = {}): Promise<Scene> {
  trace.setGlobalTracerProvider(provider);
  const server = await startFakeOpenAI(options);
  const client = instrumentOpenAI(new OpenAI({ apiKey: 'unused', baseURL: server.baseURL, maxRetries: 0 }));
  const recorder = createRecorder({ ...defaultCapture, ...capture });
  activeRecorders.enable(recorder);
  const removeReader = content ? addContentReader() : () => {};
  exporter.reset();
  onTestFinished(async () => {
    removeReader();
    activeRecorders.disable(recorder);
    trace.disable();
    await server.close();
  });
  const only = (): ReadableSpan => {
    const [span, ...more] = exporter.getFinishedSpans();
    if (!span || more.length > 0) throw new Error(`one span was expected, not ${more.length + (span ? 1 : 0)}`);
    return span;
  };
  return {
    server,
    client,
    recorder,
    spans: () => exporter.getFinishedSpans(),
    recorded: () => only().attributes,
    content: () => contentOf(only()) ?? {},
  };
}

/** Each span as `{parent} > {name}`, in the order of the alphabet: spans of one millisecond have no other. */
export function treeOf(spans: readonly ReadableSpan[]): readonly string[] {
  const names = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
  return spans
    .map((span) => {
      const parent = span.parentSpanContext?.spanId;
      return parent === undefined ? span.name : `${names.get(parent) ?? '?'} > ${span.name}`;
    })
    .sort();
}

/** Runs `fn` inside a span of the application's own. */
export function inSpan<T>(name: string, fn: () => Promise<T>): Promise<T> {
  const span = tracer.startSpan(name);
  return context.with(trace.setSpan(context.active(), span), fn).finally(() => span.end());
}
