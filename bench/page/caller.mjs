/** An application that makes one call for each line it reads, and prints when the call ended. */
import { createInterface } from 'node:readline';
import OpenAI from 'openai';
import { startFakeOpenAI } from '../../dist/testing.js';

const fake = await startFakeOpenAI();
const openai = new OpenAI({ baseURL: fake.baseURL, apiKey: 'key', maxRetries: 0 });
for await (const line of createInterface({ input: process.stdin })) {
  await openai.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: line }] });
  process.stdout.write(`${Date.now()}\n`);
}
await fake.close();
