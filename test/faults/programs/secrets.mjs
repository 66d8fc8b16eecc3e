/** An application that leaks its secrets wherever one can: headers, URLs, texts, tools, errors. */
import OpenAI from 'openai';
import { print, settings, startTracing } from './tracing.mjs';

const { secrets, openai } = settings;
const { instrumentOpenAI, traceTool, withContext } = await import(settings.index);
const handle = startTracing();
const client = instrumentOpenAI(
  new OpenAI({
    apiKey: secrets.apiKey,
    baseURL: `${openai}/v1`,
    defaultHeaders: { 'x-api-key': secrets.header },
    defaultQuery: { api_key: secrets.query },
    maxRetries: 0,
  }),
);
const ask = (content, more) =>
  client.chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content }], ...more });

await ask(`My key is ${secrets.prompt}, is that safe?`);
await ask('', {
  messages: [
    { role: 'system', content: `Send Authorization: Bearer ${secrets.bearer}` },
    { role: 'user', content: `aws ${secrets.aws}, see https://someone:${secrets.urlPassword}@example.com/` },
  ],
});
await withContext({ context: `jwt ${secrets.jwt}`, promptVariables: { token: secrets.variable } }, () => ask('Hello'));
const lookUp = traceTool('look_up', async () => ({ url: `https://example.com/?access_token=${secrets.toolOutput}` }));
await lookUp({ key: secrets.toolArguments });
// The server's error repeats the key that it was given.
await ask('Hello', { model: 'refused' }).catch(() => {});
await handle.forceFlush();
await handle.shutdown();
print({ reported: handle.stats().destinations.athina.enqueued });
