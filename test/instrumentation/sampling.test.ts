import { context, type TracerProvider, trace } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  type Sampler,
  SamplingDecision,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { describe, expect, it, onTestFinished } from 'vitest';
import { activeRecorders } from '../../src/instrumentation/active-recorders.ts';
import {
  OpenAIInstrumentation,
  type OpenAIInstrumentationConfig,
} from '../../src/instrumentation/openai/openai-instrumentation.ts';
import type { Recorder } from '../../src/instrumentation/recorder.ts';
import { contentOf } from '../../src/semconv/span-content.ts';
import type { ReadableSpanLike } from '../../src/semconv/span-data.ts';
import { messages, model, openScene } from './scene.ts';

function use(provider: TracerProvider): void {
  trace.disable();
  trace.setGlobalTracerProvider(provider);
}

function listen(recorder: Recorder): readonly ReadableSpanLike[] {
  const heard: ReadableSpanLike[] = [];
  onTestFinished(recorder.onSpanEnded((span) => heard.push(...(span.read() ? [span.read() as ReadableSpanLike] : []))));
  return heard;
}

describe('sampling', () => {
  it('is given what the conventions want at creation', async () => {
    const asked: Record<string, unknown>[] = [];
    const sampler: Sampler = {
      shouldSample: (_context, _traceId, _name, _kind, attributes) => {
        asked.push({ ...attributes });
        return { decision: SamplingDecision.RECORD_AND_SAMPLED };
      },
      toString: () => 'curious',
    };
    const { client } = await openScene();
    use(new NodeTracerProvider({ sampler }));
    await client.chat.completions.create({ model, messages });
    expect(asked).toEqual([
      expect.objectContaining({
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': model,
        'server.address': '127.0.0.1',
        'server.port': expect.any(Number),
      }),
    ]);
  });

  it('leaves a call out, which is counted and not handed on', async () => {
    const { client, recorder } = await openScene();
    use(new NodeTracerProvider({ sampler: new AlwaysOffSampler() }));
    const heard = listen(recorder);
    await client.chat.completions.create({ model, messages });
    for await (const _ of await client.chat.completions.create({ model, messages, stream: true }));
    expect(heard).toEqual([]);
    expect(recorder.notSampled).toBe(2);
  });

  it('does not ask a provider that says beforehand that it never samples', async () => {
    const { client, recorder } = await openScene();
    const provider = Object.assign(new NodeTracerProvider({ sampler: new AlwaysOffSampler() }), { sampling: 'none' });
    use(provider);
    await client.chat.completions.create({ model, messages });
    expect(recorder.notSampled).toBe(1);
  });

  it('hands vendors what it leaves out, under the ids of the unsampled span, where they are to get all', async () => {
    const { client, recorder } = await openScene({ capture: { vendorSampling: 'all' } });
    const exporter = new InMemorySpanExporter();
    use(
      new NodeTracerProvider({ sampler: new AlwaysOffSampler(), spanProcessors: [new SimpleSpanProcessor(exporter)] }),
    );
    const heard = listen(recorder);
    const answer = await client.chat.completions.create({ model, messages });
    expect(exporter.getFinishedSpans()).toEqual([]);
    const [span] = heard;
    expect(span?.attributes).toMatchObject({ 'gen_ai.response.id': answer.id, 'gen_ai.request.model': model });
    expect(span?.spanContext().traceFlags).toBe(0);
    expect(span && contentOf(span)?.outputMessages).toHaveLength(1);
    expect(span && span.endTime[0] * 1e9 + span.endTime[1]).toBeGreaterThanOrEqual(
      span ? span.startTime[0] * 1e9 + span.startTime[1] : Number.POSITIVE_INFINITY,
    );
  });
});

/** A scene whose own recorder is off, so that a standard instrumentation is alone. */
async function openUnrecordedScene(): ReturnType<typeof openScene> {
  const scene = await openScene();
  activeRecorders.disable(scene.recorder);
  return scene;
}

function openInstrumentation(config: OpenAIInstrumentationConfig = {}): OpenAIInstrumentation {
  const instrumentation = new OpenAIInstrumentation(config);
  onTestFinished(() => instrumentation.disable());
  return instrumentation;
}

describe('the instrumentation', () => {
  it('makes no span while it is disabled, and goes on when it is enabled again', async () => {
    const { client, spans } = await openUnrecordedScene();
    const instrumentation = openInstrumentation();
    instrumentation.disable();
    await client.chat.completions.create({ model, messages });
    expect(spans()).toHaveLength(0);
    instrumentation.enable();
    await client.chat.completions.create({ model, messages });
    expect(spans()).toHaveLength(1);
  });

  it('makes its spans with the provider that it is given', async () => {
    const { client, spans } = await openUnrecordedScene();
    const exporter = new InMemorySpanExporter();
    const instrumentation = openInstrumentation();
    instrumentation.setTracerProvider(new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
    await client.chat.completions.create({ model, messages });
    expect(spans()).toHaveLength(0);
    expect(exporter.getFinishedSpans()).toHaveLength(1);
  });

  it('takes its options alone, and a mask that breaks lets nothing through', async () => {
    const { client, recorded } = await openUnrecordedScene();
    openInstrumentation({
      contentOnSpans: true,
      mask: () => {
        throw new Error('broken');
      },
    });
    await client.chat.completions.create({ model, messages });
    expect(recorded()['gen_ai.input.messages']).toContain('[masked]');
  });

  it('does nothing while nobody makes spans', async () => {
    const { client, recorder } = await openScene();
    trace.disable();
    const heard = listen(recorder);
    await client.chat.completions.create({ model, messages });
    expect(heard).toEqual([]);
    expect(trace.getSpan(context.active())).toBeUndefined();
  });

  it('never fails a call for a provider that breaks', async () => {
    const { client } = await openScene();
    use({
      getTracer: () => ({
        startSpan: () => {
          throw new Error('broken provider');
        },
        startActiveSpan: () => {
          throw new Error('broken provider');
        },
      }),
    } as unknown as TracerProvider);
    const answer = await client.chat.completions.create({ model, messages });
    expect(answer.choices).toHaveLength(1);
  });

  it('never fails a call for a span that breaks', async () => {
    const { client } = await openScene();
    const broken = new Proxy({} as ReadableSpan, {
      get: (_, name) => {
        if (name === 'isRecording') return () => true;
        if (name === 'spanContext') return () => ({ traceId: '1'.repeat(32), spanId: '1'.repeat(16), traceFlags: 1 });
        return () => {
          throw new Error('broken span');
        };
      },
    });
    use({ getTracer: () => ({ startSpan: () => broken }) } as unknown as TracerProvider);
    expect((await client.chat.completions.create({ model, messages })).choices).toHaveLength(1);
    const stream = await client.chat.completions.create({ model, messages, stream: true });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks.length).toBeGreaterThan(1);
  });
});
