import type { CommandDef } from 'citty';
import { discoveryFile, readDiscovery } from '../configuration/discovery.ts';
import { type Gateway, type GatewayOptions, startGateway } from '../gateway/gateway.ts';
import { findGateway } from '../start/gateway-probe.ts';
import { StoreError } from '../store/store-error.ts';
import { Failure } from './failure.ts';
import { nextFreePort, portOwner } from './port-owner.ts';

const DEFAULT_PORT = 4318;

const command: CommandDef = {
  meta: { name: 'up', description: 'Start the gateway: receive traces, keep them, show them' },
  args: {
    port: { type: 'string', description: 'Port to listen on; 0 takes any free one', default: String(DEFAULT_PORT) },
    host: { type: 'string', description: 'Address to listen on; any but loopback needs --token', default: '127.0.0.1' },
    data: { type: 'string', description: 'Folder for the data; else the user’s own', valueHint: 'path' },
    token: { type: 'string', description: 'Required of every request; else SPANPORT_TOKEN' },
    'allow-host': { type: 'string', description: 'Further host names it is reached by, separated by commas' },
    forward: { type: 'string', description: 'Send everything on, such as athina,inkeep; else SPANPORT_FORWARD' },
    'max-age-days': { type: 'string', description: 'Remove what is older', default: '30' },
    'max-size-mb': { type: 'string', description: 'Remove the oldest beyond this size', default: '2000' },
  },
  async run({ args }): Promise<void> {
    const gateway = await startOrExplain(optionsFrom(args));
    // Before anything is printed: whoever reads the address may end the gateway at once.
    const ended = untilSignal();
    process.stdout.write(`Spanport listens at ${gateway.url}\n`);
    process.stdout.write(`Send traces: OTEL_EXPORTER_OTLP_ENDPOINT=${gateway.url}\n`);
    await ended;
    await gateway.close();
  },
};
export default command;

function optionsFrom(args: Readonly<Record<string, unknown>>): GatewayOptions {
  const token = textOf(args['token']) ?? textOf(process.env['SPANPORT_TOKEN']);
  const data = textOf(args['data']);
  const forward = textOf(args['forward']);
  return {
    port: numberOf(args, 'port'),
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

function numberOf(args: Readonly<Record<string, unknown>>, name: string): number {
  const value = Number(args[name]);
  if (!Number.isFinite(value) || value < 0) throw new Failure(`--${name} '${args[name]}' is not a number.`, 2);
  return value;
}

/** @throws Failure that says what is in the way, and what to do */
async function startOrExplain(options: GatewayOptions): Promise<Gateway> {
  try {
    return await startGateway(options);
  } catch (error) {
    if (error instanceof StoreError) throw new Failure(error.message);
    const { code } = error as NodeJS.ErrnoException;
    const { port = DEFAULT_PORT, host = '127.0.0.1' } = options;
    if (code === 'EADDRINUSE') throw new Failure(await takenText(port, host));
    if (code === 'EACCES')
      throw new Failure(`Port ${port} needs more rights than this user has. Use --port with a number above 1023.`);
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new Failure(`'${host}' is not an address of this machine.`);
    throw error;
  }
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
