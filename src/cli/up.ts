import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommandDef } from 'citty';
import { discoveryFile, readDiscovery } from '../configuration/discovery.ts';
import { type Gateway, type GatewayOptions, startGateway } from '../gateway/gateway.ts';
import { findGateway } from '../start/gateway-probe.ts';
import { StoreError } from '../store/store-error.ts';
import { Failure } from './failure.ts';
import { nextFreePort, portOwner } from './port-owner.ts';

const DEFAULT_PORT = 4318;

type Args = Readonly<Record<string, unknown>>;

const command: CommandDef = {
  meta: { name: 'up', description: 'Start the gateway: receive traces, keep them, show them' },
  args: {
    port: { type: 'string', description: `Port to listen on, 0 for any free one; ${DEFAULT_PORT} by default` },
    host: { type: 'string', description: 'Address to listen on; any but loopback needs --token', default: '127.0.0.1' },
    data: { type: 'string', description: 'Folder for the data; else the user’s own', valueHint: 'path' },
    token: { type: 'string', description: 'Required of every request; else SPANPORT_TOKEN' },
    'allow-host': { type: 'string', description: 'Further host names it is reached by, separated by commas' },
    forward: { type: 'string', description: 'Send everything on, such as athina,inkeep; else SPANPORT_FORWARD' },
    'max-age-days': { type: 'string', description: 'Remove what is older', default: '30' },
    'max-size-mb': { type: 'string', description: 'Remove the oldest beyond this size', default: '2000' },
    demo: {
      type: 'boolean',
      description: 'Fill it with a conversation and an assistant run; nothing leaves this machine',
    },
    once: { type: 'boolean', description: 'With --demo: end when the demo has' },
    json: { type: 'boolean', description: 'With --demo: print the demo as one JSON document' },
    full: { type: 'boolean', description: 'With --demo: show every payload, in full length' },
    live: { type: 'boolean', description: 'With --demo: send to the vendors whose keys are set, too' },
    model: { type: 'string', description: 'With --demo: the model to chat with' },
  },
  async run({ args }): Promise<void> {
    if (args['demo']) return upWithDemo(args);
    const options = optionsFrom(args);
    // Applications find a gateway that a person starts, on whatever port. With port 0 a program started it for itself.
    await up(await startOrExplain({ ...options, discoverable: options.port !== 0 }));
  },
};
export default command;

async function up(gateway: Gateway): Promise<void> {
  // Before anything is printed: a program that reads the address may end the gateway at once.
  const ended = untilSignal();
  process.stdout.write(`Spanport listens at ${gateway.url}\n`);
  process.stdout.write(`Send traces: OTEL_EXPORTER_OTLP_ENDPOINT=${gateway.url}\n`);
  if (gateway.grpcUrl) process.stdout.write(`Over gRPC:   OTEL_EXPORTER_OTLP_ENDPOINT=${gateway.grpcUrl}\n`);
  await ended;
  await gateway.close();
}

/** The gateway, filled by the demo, which runs in a process of its own as an application would. */
async function upWithDemo(args: Args): Promise<void> {
  // Nobody looks at the page of a demo that ends by itself: its data goes with it.
  const temporary = args['once'] ? mkdtempSync(join(tmpdir(), 'spanport-demo-data-')) : undefined;
  try {
    const { url, gateway } = await demoGateway(args, temporary);
    const ended = untilSignal();
    if (!args['json']) process.stdout.write(`The page: ${url}\n\n`);
    const code = await runDemo(args, url);
    if (code !== 0) process.exitCode = code;
    if (gateway && !args['once'] && code === 0) {
      process.stdout.write(`\nThe gateway goes on at ${url}. Ctrl-C ends it.\n`);
      await ended;
    }
    await gateway?.close();
  } finally {
    if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true });
  }
}

/** A gateway of this user that runs already is used; a port that somebody else has is left to them. */
async function demoGateway(args: Args, temporary: string | undefined): Promise<{ url: string; gateway?: Gateway }> {
  const options = {
    ...optionsFrom(args),
    forward: [],
    ...(temporary !== undefined && { data: temporary, port: 0, discoverable: false }),
  };
  const isDefault = temporary === undefined && args['port'] === undefined && args['data'] === undefined;
  const running = isDefault ? await findGateway(discoveryFile(process.env)) : undefined;
  if (running) return { url: running.url };
  try {
    const gateway = await startGateway(options);
    return { url: gateway.url, gateway };
  } catch (error) {
    const free = isTaken(error) ? await nextFreePort(options.port ?? DEFAULT_PORT, '127.0.0.1') : undefined;
    if (free === undefined || args['port'] !== undefined) throw await explained(error, options);
    process.stderr.write(`Port ${options.port ?? DEFAULT_PORT} is taken, so the gateway listens on port ${free}.\n`);
    const gateway = await startOrExplain({ ...options, port: free, discoverable: true });
    return { url: gateway.url, gateway };
  }
}

/** @returns its exit code */
function runDemo(args: Args, url: string): Promise<number> {
  const passed = ['json', 'full', 'live'].filter((name) => args[name]).map((name) => `--${name}`);
  const model = textOf(args['model']);
  const words = ['demo', '--once', ...passed, ...(model === undefined ? [] : ['--model', model])];
  const token = textOf(args['token']);
  const env = { ...process.env, SPANPORT_GATEWAY: url, ...(token !== undefined && { SPANPORT_TOKEN: token }) };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [process.argv[1] ?? '', ...words], { stdio: 'inherit', env });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

function optionsFrom(args: Args): GatewayOptions {
  const token = textOf(args['token']) ?? textOf(process.env['SPANPORT_TOKEN']);
  const data = textOf(args['data']);
  const forward = textOf(args['forward']);
  return {
    ...(args['port'] !== undefined && { port: numberOf(args, 'port') }),
    host: textOf(args['host']) ?? '127.0.0.1',
    ...(data !== undefined && { data }),
    ...(token !== undefined && { token }),
    ...(forward !== undefined && { forward: forward.split(',').map((name) => name.trim()) }),
    allowedHosts: (textOf(args['allow-host']) ?? '').split(',').filter((name) => name !== ''),
    maxAgeDays: numberOf(args, 'max-age-days'),
    maxBytes: numberOf(args, 'max-size-mb') * 1e6,
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function numberOf(args: Args, name: string): number {
  const value = Number(args[name]);
  if (!Number.isFinite(value) || value < 0) throw new Failure(`--${name} '${args[name]}' is not a number.`, 2);
  return value;
}

/** @throws Failure that says what is in the way, and what to do */
async function startOrExplain(options: GatewayOptions): Promise<Gateway> {
  try {
    return await startGateway(options);
  } catch (error) {
    throw await explained(error, options);
  }
}

function isTaken(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
}

async function explained(
  error: unknown,
  { port = DEFAULT_PORT, host = '127.0.0.1' }: GatewayOptions,
): Promise<unknown> {
  if (error instanceof StoreError) return new Failure(error.message);
  const { code } = error as NodeJS.ErrnoException;
  if (isTaken(error)) return new Failure(await takenText(port, host));
  if (code === 'EACCES')
    return new Failure(`Port ${port} needs more rights than this user has. Use --port with a number above 1023.`);
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new Failure(`'${host}' is not an address of this machine.`);
  return error;
}

async function takenText(port: number, host: string): Promise<string> {
  const own = readDiscovery(discoveryFile(process.env));
  if (own?.url.endsWith(`:${port}`) && (await findGateway(discoveryFile(process.env)))) {
    return `A gateway of yours runs at ${own.url} already (process ${own.pid}).`;
  }
  const [owner, free] = [portOwner(port), await nextFreePort(port, host)];
  const advice =
    free === undefined ? 'Choose another one with --port.' : `The next free one: spanport up --port ${free}`;
  return `Port ${port} is taken${owner ? ` by ${owner}` : ''}. ${advice}`;
}

/** The first signal ends the gateway in order, a second one at once. */
function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
}
