import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { expect, it, onTestFinished } from 'vitest';
import { spansFromOtlpJson } from '../../src/otlp/read-json.ts';
import { encodeSpan } from '../../src/otlp/write-protobuf.ts';
import { chat, idOf, post } from './forward-scene.ts';
import { type GatewayProcess, started, temporaryFolder, up } from './gateway-process.ts';
import { until } from './gateway-scene.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

/** A program that starts a gateway with OTLP over gRPC on a free port. @param home has `dist` */
function withGrpc(home: string): Promise<GatewayProcess> {
  const folder = temporaryFolder();
  const program = join(folder, 'gateway.mjs');
  writeFileSync(
    program,
    `import { startGateway } from ${JSON.stringify(pathToFileURL(join(home, 'dist', 'gateway.js')).href)};
const gateway = await startGateway({ port: 0, grpcPort: 0, data: ${JSON.stringify(join(folder, 'data'))} });
process.on('SIGTERM', () => gateway.close());
console.log('grpc at ' + gateway.grpcUrl);
console.log('listens at ' + gateway.url);
`,
  );
  return started([program], folder, {});
}

const bytes = (trace: string): Buffer => {
  const [span] = spansFromOtlpJson(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [chat(trace)] }] }] }));
  if (!span) throw new Error('no span');
  return Buffer.from(encodeSpan(span));
};
const same = (value: Buffer): Buffer => value;

/** One call by the library itself. @returns the code of gRPC, and the bytes of the answer */
function call(client: Client, body: Buffer, headers = new Metadata()): Promise<{ code: number; answer?: Buffer }> {
  return new Promise((resolve) =>
    client.makeUnaryRequest(EXPORT, same, same, body, headers, (error: ServiceError | null, answer?: Buffer) =>
      resolve(error ? { code: error.code } : { code: status.OK, ...(answer && { answer }) }),
    ),
  );
}

it('spanport up receives OTLP over gRPC on the port that --grpc-port names', async () => {
  const gateway = await up({ args: ['--grpc-port', '0'] });
  const address = await until(async () => /Over gRPC: .*=http:\/\/(\S+)\n/.exec(gateway.text())?.[1]);
  const client = new Client(address, credentials.createInsecure());
  onTestFinished(() => client.close());
  expect((await call(client, bytes('1'))).code).toBe(status.OK);
  await until(async () => (await gateway.client.listInteractions()).items[0]);
});

it('takes OTLP from a gRPC client in a process of its own, and ends while its channel is open', async () => {
  const gateway = await withGrpc(repository);
  const address = /grpc at http:\/\/(\S+)/.exec(gateway.text())?.[1] ?? '';
  const client = new Client(address, credentials.createInsecure());
  onTestFinished(() => client.close());
  // An answer without partial success has no bytes.
  expect(await call(client, bytes('1'))).toEqual({ code: status.OK, answer: Buffer.alloc(0) });
  const project = new Metadata();
  project.set('x-spanport-project', 'shop');
  expect((await call(client, bytes('2'), project)).code).toBe(status.OK);
  expect((await call(client, Buffer.from('not protobuf'))).code).toBe(status.INVALID_ARGUMENT);
  const { items } = await until(async () => {
    const page = await gateway.client.listInteractions();
    return page.items.length === 2 ? page : undefined;
  });
  expect(items.map(({ id, project: name }) => [id, name]).toSorted()).toEqual([
    [idOf('1'), 'default'],
    [idOf('2'), 'shop'],
  ]);
  expect(await gateway.stop()).toBe(0);
});

it('without the library says in one line how to get it, and takes OTLP over HTTP', async () => {
  const home = temporaryFolder();
  cpSync(join(repository, 'dist'), join(home, 'dist'), { recursive: true });
  cpSync(join(repository, 'package.json'), join(home, 'package.json'));
  mkdirSync(join(home, 'node_modules'));
  for (const name of readdirSync(join(repository, 'node_modules'))) {
    if (name !== '@grpc' && !name.startsWith('.'))
      symlinkSync(join(repository, 'node_modules', name), join(home, 'node_modules', name));
  }
  const gateway = await withGrpc(home);
  expect((await post(gateway.url, [chat('1')])).status).toBe(200);
  await until(async () => ((await gateway.client.listInteractions()).items.length === 1 ? true : undefined));
  expect(await gateway.client.getStatus()).not.toHaveProperty('grpcUrl');
  expect(await gateway.stop()).toBe(0);
  const lines = gateway
    .text()
    .split('\n')
    .filter((line) => line.includes('@grpc/grpc-js'));
  expect(lines).toEqual([expect.stringContaining('npm install @grpc/grpc-js')]);
  expect(gateway.text()).toContain('grpc at undefined');
});
