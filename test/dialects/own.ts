import { trace } from '@opentelemetry/api';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import OpenAI from 'openai';
import { instrumentOpenAI } from '../../src/instrumentation/openai/instrument.ts';
import type { Interaction } from '../../src/interaction/interaction.ts';
import { interactionFrom } from '../../src/semconv/from-spans.ts';
import { addContentReader, contentOf } from '../../src/semconv/span-content.ts';
import { spanDataFrom } from '../../src/semconv/span-data.ts';
import { startFakeOpenAI } from '../../src/testing.ts';
import { startExchanges } from './exchanges.mjs';
import { scenariosOf } from './senders/openai-calls.mjs';

/** What our own instrumentation makes of the same exchanges, by scenario. */
export async function ownInteractions(): Promise<Readonly<Record<string, readonly Interaction[]>>> {
  const exporter = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  const removeReader = addContentReader();
  const { urls, close } = await startExchanges(startFakeOpenAI);
  const interactions: Record<string, readonly Interaction[]> = {};
  try {
    for (const [name, run] of Object.entries(scenariosOf(instrumentOpenAI(OpenAI)))) {
      await run(urls[name] ?? '').catch(() => {});
      interactions[name] = exporter
        .getFinishedSpans()
        .flatMap((span) => interactionFrom(spanDataFrom(span, contentOf(span))) ?? []);
      exporter.reset();
    }
  } finally {
    await close();
    removeReader();
    trace.disable();
  }
  return interactions;
}
