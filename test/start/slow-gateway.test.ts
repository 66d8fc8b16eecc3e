import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { proofOf } from '../../src/configuration/discovery.ts';
import { createUserProject, type UserProject } from '../cli/user-project.ts';

/** A gateway on a busy machine: it proves to be the user's own only when the process that asks has nothing else to do. */
const DELAY_MILLIS = 200;
const nonce = 'n'.repeat(64);
const unset = { ATHINA_API_KEY: '', RECONIFY_APP_KEY: '', RECONIFY_API_KEY: '' };

let project: UserProject;
let server: Server;
let received: Buffer[];
/** Whether the process that asks still has something else to do. */
let isBusy: () => boolean;

beforeAll(async () => {
  project = await createUserProject();
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const url = new URL(request.url ?? '', 'http://gateway');
      if (url.pathname === '/v1/traces') received.push(Buffer.concat(parts));
      if (url.pathname !== '/healthz') {
        response.setHeader('content-type', 'application/json');
        response.end('{"items":[]}');
        return;
      }
      const proof = proofOf(nonce, url.searchParams.get('challenge') ?? '');
      const timer = setInterval(() => {
        if (isBusy()) return;
        clearInterval(timer);
        setTimeout(() => response.end(JSON.stringify({ service: 'spanport', proof })), DELAY_MILLIS);
      }, 10);
      response.on('close', () => clearInterval(timer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  project.write('data/spanport/gateway.json', JSON.stringify({ url, nonce, pid: process.pid }));
  await project.run('chmod', ['600', 'data/spanport/gateway.json']);
});

beforeEach(() => {
  received = [];
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await project.close();
});

it('a command waits for the answer of the gateway', async () => {
  isBusy = () => false;
  const ran = await project.run('npx', ['spanport', 'conversations'], { env: unset });
  expect(ran).toEqual({ code: 0, stdout: 'No conversation found.\n', stderr: '' });
});

it('an application that ends before the answer delivers its spans', async () => {
  // It makes a span as an instrumentation of a model does, and has nothing to wait for.
  project.write(
    'short.mjs',
    `import { writeFileSync } from 'node:fs';
import { trace } from '@opentelemetry/api';
trace.getTracer('app').startSpan('chat gpt-4o', { attributes: { 'gen_ai.operation.name': 'chat' } }).end();
process.prependOnceListener('beforeExit', () => writeFileSync('ending', ''));`,
  );
  isBusy = () => !existsSync(`${project.directory}/ending`);
  const ran = await project.run('node', ['--import', 'spanport/register', 'short.mjs'], { env: unset });
  expect(ran).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(Buffer.concat(received).toString('latin1')).toContain('chat gpt-4o');
});
