import { NodeSDK } from '@opentelemetry/sdk-node';
import { ConsoleSpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import OpenAI from 'openai';
import { instrumentOpenAI, start } from 'spanport';

// Your own tracing, as it is. It makes the spans, and they go wherever you send them.
const sdk = new NodeSDK({ spanProcessors: [new SimpleSpanProcessor(new ConsoleSpanExporter())] });
sdk.start();

// Spanport joins it: the same spans also reach its destinations.
const spanport = start();
instrumentOpenAI(OpenAI);

const { choices } = await new OpenAI().chat.completions.create({
  model: 'gpt-4o-mini',
  messages: [{ role: 'user', content: 'Is the shop open on Sunday?' }],
});
console.log(choices[0].message.content);

await spanport.shutdown();
await sdk.shutdown();
console.log(
  'Above is the span of your own exporter; the conversation is on the page of `npx spanport up`, http://127.0.0.1:4318.',
);
