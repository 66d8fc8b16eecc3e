// An ordinary application: one call that is answered and one that is refused.
import OpenAI from 'openai';
import { startFakeOpenAI } from 'spanport/testing';

const fake = await startFakeOpenAI();
const client = new OpenAI({ apiKey: 'not-a-key', baseURL: fake.baseURL, maxRetries: 0 });
const request = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'a planted question' }] };

await client.chat.completions.create(request);
fake.fault({ status: 429, error: { code: 'rate_limit_exceeded', message: 'Slow down' } });
await client.chat.completions.create(request).catch(() => {});
await fake.close();
