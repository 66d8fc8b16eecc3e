// Compiled, never run: what a TypeScript user writes against the packed declarations.
import type { Instrumentation } from '@opentelemetry/instrumentation';
import type { SpanExporter } from '@opentelemetry/sdk-trace-base';
import OpenAI from 'openai';
import { instrumentOpenAI, OpenAIInstrumentation, recordFeedback, start, traceTool, withContext } from 'spanport';
import { AthinaSpanExporter } from 'spanport/athina';
import { InkeepSpanExporter } from 'spanport/inkeep';
import { KoreSpanExporter } from 'spanport/kore';
import { ReconifySpanExporter, reconifyOpenAIHandler } from 'spanport/reconify';
import { RequestySpanExporter } from 'spanport/requesty';
import { startFakeOpenAI } from 'spanport/testing';

const handle = start();
export const client: OpenAI = instrumentOpenAI(new OpenAI());
export const patched: typeof OpenAI = instrumentOpenAI(OpenAI);
export const instrumentation: Instrumentation = new OpenAIInstrumentation();
export const exporters: readonly SpanExporter[] = [
  new AthinaSpanExporter({ apiKey: 'key', baseUrl: 'http://127.0.0.1:1' }),
  new ReconifySpanExporter({ appKey: 'app', apiKey: 'key', tracker: 'http://127.0.0.1:1/track' }),
  new InkeepSpanExporter({ apiKey: 'key', url: 'http://127.0.0.1:1' }),
  new RequestySpanExporter({ apiKey: 'key', url: 'http://127.0.0.1:1/log' }),
  new KoreSpanExporter({ output: 'file:records.jsonl' }),
];

const weather = traceTool('weather', (city: string) => ({ city, degrees: 21 }));
export const degrees: number = weather('Bonn').degrees;

export async function main(): Promise<string | null> {
  const fake = await startFakeOpenAI();
  const options = { conversationId: 'c-1', user: { id: 'u-1', email: 'u@example.com' }, tags: ['a'] };
  const answer = await withContext(options, () =>
    client.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: fake.baseURL }] }),
  );
  await recordFeedback({ rating: 'positive', responseId: answer.id });
  const { setUser, setSession } = reconifyOpenAIHandler(client, { appKey: 'app', apiKey: 'key' });
  setUser({ userId: 'u-1' });
  setSession('s-1');
  const delivered: number | undefined = handle.stats().destinations['athina']?.delivered;
  await handle.shutdown();
  return delivered === 0 ? null : (answer.choices[0]?.message.content ?? null);
}

// Were the declarations not found, all of the above would be `any` and this line would not be an error.
// @ts-expect-error a tool needs a name
traceTool(1, () => 1);

// Destinations complete by name, and their options by destination.
start({
  destinations: ['athina', 'langfuse', 'file:spans.jsonl', { name: 'inkeep', apiKey: 'key', content: 'redacted' }],
});
start({ destinations: [{ name: 'otlp', url: 'http://127.0.0.1:4318/v1/traces', encoding: 'json' }] });
// @ts-expect-error unknown name
start({ destinations: ['athna'] });
// @ts-expect-error unknown name with options
start({ destinations: [{ name: 'athna', apiKey: 'key' }] });
// @ts-expect-error an option of another destination
start({ destinations: [{ name: 'athina', appKey: 'key' }] });
// @ts-expect-error unknown content mode
start({ destinations: [{ name: 'console', content: 'ful' }] });
