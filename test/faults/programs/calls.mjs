/** Calls of openai with a fetch in this process: what one takes, with Spanport or, `bare`, without. */
import OpenAI from 'openai';
import { percentile } from '../support/figures.mjs';
import { print, settings, sleep, startTracing } from './tracing.mjs';

const handle = settings.bare ? undefined : startTracing();
const { default: Client } = settings.bare ? { default: OpenAI } : await import('openai');
if (handle) {
  const { instrumentOpenAI } = await import(settings.index);
  instrumentOpenAI(Client);
}
const answer = JSON.stringify({
  id: 'chatcmpl-faults',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4o-mini',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Yes.' } }],
  usage: { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 },
});
const client = new Client({
  apiKey: 'in-process',
  fetch: async () => new Response(answer, { headers: { 'content-type': 'application/json' } }),
});
const ask = () =>
  client.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Is it?' }] });

for (let index = 0; index < 300; index += 1) await ask();
const calls = [];
for (let index = 0; index < settings.count; index += 1) {
  const began = performance.now();
  await ask();
  calls.push(performance.now() - began);
  // About 500 a second, so that the delivery works while calls are made and not between them.
  await sleep(1);
}
print({ p50: percentile(calls, 0.5), p99: percentile(calls, 0.99) });
// The requests that hang would hold the end for seconds, and nobody asks what became of them.
process.exit(0);
