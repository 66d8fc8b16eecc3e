import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { ScriptedVendor } from './support/scripted-vendor.ts';

const program = (index: string, url: string): string => `
  import { start } from ${JSON.stringify(index)};
  const { tracerProvider } = start({ destinations: [{ name: 'athina', apiKey: 'key', baseUrl: ${JSON.stringify(url)} }] });
  const message = JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: 'hello' }] }]);
  const attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o-mini',
    'gen_ai.input.messages': message,
    'gen_ai.output.messages': message,
  };
  const call = () => tracerProvider.getTracer('test').startSpan('chat gpt-4o-mini', { attributes }).end();
  call();
  process.once('beforeExit', () => setTimeout(call, 20));
`;

it('flushes what an application does in its own beforeExit, too', async () => {
  const vendor = await ScriptedVendor.start();
  // Slow enough that a request nobody waits for would not arrive.
  vendor.behaviour = () => ({ kind: 'slow', millis: 150 });
  const index = pathToFileURL(resolve('dist/index.js')).href;
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program(index, vendor.url)]);
  expect(vendor.arrivals).toHaveLength(2);
  await vendor.stop();
});
