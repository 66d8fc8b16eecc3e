import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cleanEnvironment } from '../../scripts/clean-environment.mjs';
import { type Sink, startSink } from '../../src/cli/demo/sinks.ts';
import { type FakeOpenAI, type FakeOpenAIOptions, startFakeOpenAI } from '../../src/testing.ts';
import { vendors } from '../../src/vendors/index.ts';

export type VendorName = 'athina' | 'reconify' | 'inkeep' | 'requesty' | 'kore';

const repository = fileURLToPath(new URL('../..', import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A user's project: Spanport and openai installed, a model that answers, and all five vendors within reach. */
export interface UserProject {
  readonly directory: string;
  readonly openai: FakeOpenAI;
  readonly sinks: Readonly<Record<VendorName, Sink>>;
  write(path: string, text: string): void;
  /** Runs a program and waits for its end. `env` adds to the project's environment. */
  run(
    command: string,
    args: readonly string[],
    options?: { cwd?: string; env?: Record<string, string> },
  ): Promise<Finished>;
  close(): Promise<void>;
}

export async function createUserProject(options: FakeOpenAIOptions = {}): Promise<UserProject> {
  const directory = mkdtempSync(join(tmpdir(), 'spanport-test-'));
  install(directory);
  const openai = await startFakeOpenAI(options);
  const sinks = Object.fromEntries(
    await Promise.all(vendors.map(async ({ name, demo }) => [name, await startSink(await demo())])),
  ) as Record<VendorName, Sink>;
  const environment = {
    ...cleanEnvironment(process.env),
    NO_COLOR: '1',
    // A gateway of the user who runs the tests is not theirs.
    XDG_DATA_HOME: join(directory, 'data'),
    OPENAI_BASE_URL: openai.baseURL,
    OPENAI_API_KEY: 'fake',
    ATHINA_API_KEY: 'athina-key',
    ATHINA_BASE_URL: sinks.athina.url,
    RECONIFY_APP_KEY: 'app-key',
    RECONIFY_API_KEY: 'api-key',
    RECONIFY_TRACKER: `${sinks.reconify.url}/track`,
  };
  return {
    directory,
    openai,
    sinks,
    write(path, text): void {
      const file = join(directory, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    },
    run: (command, args, { cwd = '.', env = {} } = {}) =>
      finished(command, args, join(directory, cwd), { ...environment, ...env }),
    async close(): Promise<void> {
      await Promise.all([openai.close(), ...Object.values(sinks).map((sink) => sink.close())]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** What `npm install spanport openai` would leave, by links. */
function install(directory: string): void {
  const modules = join(directory, 'node_modules');
  mkdirSync(join(modules, '.bin'), { recursive: true });
  symlinkSync(repository, join(modules, 'spanport'));
  for (const name of ['openai', '@opentelemetry'])
    symlinkSync(join(repository, 'node_modules', name), join(modules, name));
  const bin = join(modules, '.bin', 'spanport');
  writeFileSync(bin, `#!/bin/sh\nexec node "${join(repository, 'dist/cli/main.js')}" "$@"\n`);
  chmodSync(bin, 0o755);
  writeFileSync(join(directory, 'package.json'), '{ "private": true, "type": "module" }\n');
}

function finished(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}
