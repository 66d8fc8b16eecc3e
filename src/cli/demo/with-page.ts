import { spawn } from 'node:child_process';
import { discoveryFile } from '../../configuration/discovery.ts';
import { type Gateway, startGateway } from '../../gateway/gateway.ts';
import { findGateway } from '../../start/gateway-probe.ts';
import {
  type Args,
  DEFAULT_PORT,
  explained,
  isTaken,
  optionsFrom,
  startOrExplain,
  takenBy,
  textOf,
} from '../gateway-start.ts';
import { nextFreePort } from '../port-owner.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { terminalOn } from '../terminal.ts';
import { untilSignal } from '../until-signal.ts';
import { DEMO_SERVICE, otherDestinations } from './destinations.ts';

/** The gateway, filled by the demo, which runs in a process of its own as an application does. */
export async function demoWithPage(args: Args): Promise<void> {
  const { signal, ended } = stopped();
  // A demo that ends by itself leaves no page to look at, so its data is deleted.
  const temporary = args['once'] ? temporaryFolder('spanport-demo-data') : undefined;
  const { url, token, gateway } = await demoGateway(args, temporary);
  if (!signal.aborted) {
    const code = await fill(args, { url, token }, signal);
    if (gateway && !args['once'] && code === 0) {
      process.stdout.write(`The page is at ${url} until Ctrl-C.\n`);
      await ended;
    }
  }
  await gateway?.close();
}

/** Where the demo sends its spans. */
interface Place {
  readonly url: string;
  readonly token?: string | undefined;
}

/** Fills a gateway that runs, and ends. */
export async function demoAt(args: Args, place: Place): Promise<void> {
  await fill(args, place, stopped().signal);
}

function stopped(): { readonly signal: AbortSignal; readonly ended: Promise<void> } {
  const stop = new AbortController();
  return { signal: stop.signal, ended: untilSignal().then(() => stop.abort()) };
}

/** @returns the exit code of the demo, which is also that of this process */
async function fill(args: Args, place: Place, signal: AbortSignal): Promise<number> {
  if (!args['json']) process.stdout.write(`The page: ${place.url}\n`);
  const code = await runDemo(args, place, signal);
  if (code !== 0) process.exitCode = code;
  return code;
}

/** Uses a running gateway of this user, else starts one; a port taken by another program is left alone. */
async function demoGateway(args: Args, temporary: string | undefined): Promise<Place & { gateway?: Gateway }> {
  const options = {
    ...optionsFrom(args),
    forward: [],
    ...(temporary !== undefined && { data: temporary, port: 0, discoverable: false }),
  };
  const isDefault = temporary === undefined && args['port'] === undefined && args['data'] === undefined;
  const running = isDefault ? await findGateway(discoveryFile(process.env)) : undefined;
  if (running) return { url: running.url, token: running.token };
  try {
    const gateway = await startGateway(options);
    return { url: gateway.url, token: options.token, gateway };
  } catch (error) {
    const { port = DEFAULT_PORT, host = '127.0.0.1' } = options;
    const free = isTaken(error) ? await nextFreePort(port, host) : undefined;
    if (free === undefined || args['port'] !== undefined) throw await explained(error, options);
    const { colors, line } = terminalOn(process.stderr);
    line(colors.bold(`${takenBy(port)}, so the gateway listens on port ${free}.`));
    const gateway = await startOrExplain({ ...options, port: free, discoverable: true });
    return { url: gateway.url, token: options.token, gateway };
  }
}

/** @returns its exit code */
function runDemo(args: Args, { url, token }: Place, signal: AbortSignal): Promise<number> {
  const passed = ['json', 'verbose', 'full', 'live'].filter((name) => args[name]).map((name) => `--${name}`);
  const model = textOf(args['model']);
  const words = ['demo', '--once', ...passed, ...(model === undefined ? [] : ['--model', model])];
  const gateway = { ...process.env, SPANPORT_GATEWAY: url, ...(token !== undefined && { SPANPORT_TOKEN: token }) };
  const env = {
    ...gateway,
    OTEL_SERVICE_NAME: process.env['OTEL_SERVICE_NAME'] || DEMO_SERVICE,
    // Not the vendors whose keys are set, and no spool, where records of an application may wait for them.
    SPANPORT_DESTINATIONS: otherDestinations(gateway).join(','),
    SPANPORT_SPOOL_DIR: '',
  };
  const register = ['--import', import.meta.resolve('spanport/register')];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...register, process.argv[1] ?? '', ...words], { stdio: 'inherit', env });
    // Ctrl-C reaches both processes, a signal of a service manager this one alone.
    signal.addEventListener('abort', () => child.kill());
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
