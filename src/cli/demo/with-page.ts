import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
import { terminalOn } from '../terminal.ts';
import { untilSignal } from '../until-signal.ts';

/** The gateway, filled by the demo, which runs in a process of its own as an application would. */
export async function demoWithPage(args: Args): Promise<void> {
  // A demo that ends by itself leaves no page to look at, so its data is deleted.
  const temporary = args['once'] ? mkdtempSync(join(tmpdir(), 'spanport-demo-data-')) : undefined;
  try {
    const { url, gateway } = await demoGateway(args, temporary);
    const ended = untilSignal();
    if (!args['json']) process.stdout.write(`The page: ${url}\n`);
    const code = await runDemo(args, url);
    if (code !== 0) process.exitCode = code;
    if (gateway && !args['once'] && code === 0) {
      process.stdout.write(`The page is at ${url} until Ctrl-C.\n`);
      await ended;
    }
    await gateway?.close();
  } finally {
    if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true });
  }
}

/** Uses a running gateway of this user, else starts one; a port taken by another program is left alone. */
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
    const { port = DEFAULT_PORT, host = '127.0.0.1' } = options;
    const free = isTaken(error) ? await nextFreePort(port, host) : undefined;
    if (free === undefined || args['port'] !== undefined) throw await explained(error, options);
    const { colors, line } = terminalOn(process.stderr);
    line(colors.bold(`${takenBy(port)}, so the gateway listens on port ${free}.`));
    const gateway = await startOrExplain({ ...options, port: free, discoverable: true });
    return { url: gateway.url, gateway };
  }
}

/** @returns its exit code */
function runDemo(args: Args, url: string): Promise<number> {
  const passed = ['json', 'verbose', 'full', 'live'].filter((name) => args[name]).map((name) => `--${name}`);
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
