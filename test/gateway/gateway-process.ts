import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { type Client, createClient } from '../../src/gateway/api/client.ts';

const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface GatewayProcess {
  readonly url: string;
  readonly client: Client;
  readonly child: ChildProcess;
  readonly folder: string;
  /** What it wrote to stdout and stderr so far. */
  text(): string;
  /** Ends it as a service manager does. @returns its exit code */
  stop(): Promise<number | null>;
}

export interface ProcessOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly token?: string;
  /** For the data; else one of its own. */
  readonly folder?: string;
}

/** A folder that is removed with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'spanport-process-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** `spanport up` on a free port, ended with the test. */
export function up({
  args = [],
  env = {},
  token,
  folder = temporaryFolder(),
}: ProcessOptions = {}): Promise<GatewayProcess> {
  const all = [CLI, 'up', '--port', '0', '--data', folder, ...(token === undefined ? [] : ['--token', token]), ...args];
  return started(all, folder, env, token);
}

/** A program that prints `listens at URL` once its gateway runs. */
export async function started(
  args: readonly string[],
  folder: string,
  env: Readonly<Record<string, string>>,
  token?: string,
): Promise<GatewayProcess> {
  const child = spawn(process.execPath, args, {
    // Optional packages are also searched for in the folder that a process runs in.
    cwd: folder,
    env: { ...process.env, XDG_DATA_HOME: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  // Once both streams have ended, too.
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const stop = (): Promise<number | null> => {
    child.kill('SIGTERM');
    return ended;
  };
  onTestFinished(() => stop().then(() => undefined));
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: unknown): void => {
      text += String(chunk);
      const found = /listens at (\S+)\n/.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', () => reject(new Error(`the gateway ended: ${text}`)));
  });
  const client = createClient({ baseUrl: url, ...(token !== undefined && { token }) });
  return { url, client, child, folder, text: () => text, stop };
}
