import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
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
import { endAllRuns } from '../../src/instrumentation/openai/assistants/index.ts';
import { instrumentOpenAI } from '../../src/instrumentation/openai/instrument.ts';
import { createRecorder, type Recorder } from '../../src/instrumentation/recorder.ts';
import type { Interaction, ToolExecution } from '../../src/interaction/interaction.ts';
import { interactionFrom, toolExecutionFrom } from '../../src/semconv/from-spans.ts';
import { addContentReader, contentOf } from '../../src/semconv/span-content.ts';
import { spanDataFrom } from '../../src/semconv/span-data.ts';
import { type FakeOpenAI, type FakeOpenAIOptions, startFakeOpenAI } from '../../src/testing.ts';

export const ASSISTANT_ID = 'asst_desk';

/** A real client that talks to a fake server, instrumented, with a real tracer that keeps what it receives. */
export interface Scene {
  readonly server: FakeOpenAI;
  readonly client: OpenAI;
  /** Records the calls of this scene. */
  readonly recorder: Recorder;
  /** Every span that has ended. */
  spans(): readonly ReadableSpan[];
  /** The `invoke_agent` spans that have ended. */
  runSpans(): readonly ReadableSpan[];
  toolSpans(): readonly ReadableSpan[];
  /** What the one run that has ended tells. Fails unless there is exactly one. */
  recorded(): Interaction;
  /** A thread with one question on it. */
  ask(question?: string): Promise<string>;
}

const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
provider.register();
export const tracer = trace.getTracer('application');

export interface SceneOptions extends FakeOpenAIOptions {
  /** Whether a destination reads content. Default true. */
  readonly content?: boolean;
  readonly capture?: Partial<CaptureOptions>;
}

export async function openScene({ content = true, capture = {}, ...options }: SceneOptions = {}): Promise<Scene> {
  const server = await startFakeOpenAI({
    assistants: [{ id: ASSISTANT_ID, model: 'gpt-4o-mini', name: 'Desk', instructions: 'You run the shop desk.' }],
    pollAfterMillis: 1,
    ...options,
  });
  const client = new OpenAI({ apiKey: 'unused', baseURL: server.baseURL, maxRetries: 0 });
  instrumentOpenAI(client);
  const recorder = createRecorder({ ...defaultCapture, ...capture });
  activeRecorders.enable(recorder);
  const removeReader = content ? addContentReader() : () => {};
  await client.beta.assistants.retrieve(ASSISTANT_ID);
  exporter.reset();
  onTestFinished(async () => {
    endAllRuns(recorder);
    activeRecorders.disable(recorder);
    removeReader();
    await server.close();
  });
  const of = (operation: string): readonly ReadableSpan[] =>
    exporter.getFinishedSpans().filter((span) => span.attributes['gen_ai.operation.name'] === operation);
  return {
    server,
    client,
    recorder,
    spans: () => exporter.getFinishedSpans(),
    runSpans: () => of('invoke_agent'),
    toolSpans: () => of('execute_tool'),
    recorded: () => interactionOf(only(of('invoke_agent'))),
    async ask(question = 'Is the shop open on Sunday?') {
      const thread = await client.beta.threads.create();
      await client.beta.threads.messages.create(thread.id, { role: 'user', content: question });
      return thread.id;
    },
  };
}

export function only<T>(items: readonly T[]): T {
  const [item] = items;
  if (item === undefined || items.length > 1) throw new Error(`expected exactly one, got ${items.length}`);
  return item;
}

export function interactionOf(span: ReadableSpan): Interaction {
  const interaction = interactionFrom(spanDataFrom(span, contentOf(span)));
  if (!interaction) throw new Error(`${span.name} tells no interaction`);
  return interaction;
}

export function toolOf(span: ReadableSpan): ToolExecution {
  const tool = toolExecutionFrom(spanDataFrom(span, contentOf(span)));
  if (!tool) throw new Error(`${span.name} tells no tool`);
  return tool;
}

export { SpanKind, SpanStatusCode };
