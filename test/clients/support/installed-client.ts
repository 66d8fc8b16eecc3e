import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cacheDirectory } from '../../../scripts/cache-directory.mjs';
import { cleanEnvironment } from '../../../scripts/clean-environment.mjs';

const run = promisify(execFile);

/** A real client, installed from its registry into the cache, where the next run finds it. */
export interface InstalledClient {
  /** Why it could not be installed; undefined when it is there. */
  readonly missing: string | undefined;
  /** Runs a script of `test/clients/apps` beside the client, and reads the JSON that it prints. */
  run(script: string, env: Readonly<Record<string, string>>): Promise<unknown>;
}

const RUN_TIMEOUT_MILLIS = 240_000;

/** @param packages as pip takes them, with exact versions where the client has some that differ */
export function installPython(packages: readonly string[]): Promise<InstalledClient> {
  return installed('python', packages, async (folder) => {
    await run('python3', ['-m', 'venv', folder]);
    const quiet = ['--quiet', '--disable-pip-version-check', '--no-input'];
    await run(join(folder, 'bin', 'python'), ['-m', 'pip', 'install', ...quiet, ...packages], { maxBuffer: 1 << 26 });
  });
}

export function installNpm(packages: readonly string[]): Promise<InstalledClient> {
  return installed('node', packages, async (folder) => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
    await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...packages], { cwd: folder });
  });
}

async function installed(
  kind: 'python' | 'node',
  packages: readonly string[],
  install: (folder: string) => Promise<void>,
): Promise<InstalledClient> {
  const hash = createHash('sha256')
    .update(JSON.stringify([kind, ...packages]))
    .digest('hex')
    .slice(0, 16);
  const folder = join(cacheDirectory(), 'clients', `${kind}-${hash}`);
  const missing = (await exists(join(folder, 'complete'))) ? undefined : await failureOf(() => fresh(folder, install));
  const [command, ...args] = kind === 'python' ? [join(folder, 'bin', 'python')] : [process.execPath];
  return {
    missing: missing && `${packages.join(', ')} could not be installed: ${missing}`,
    async run(script, env) {
      const file = fileURLToPath(new URL(`../apps/${script}`, import.meta.url));
      const environment = { ...cleanEnvironment(), ...env, CLIENT_FOLDER: folder, NO_PROXY: '127.0.0.1,localhost' };
      const { stdout } = await run(command, [...args, file], {
        cwd: folder,
        env: environment,
        timeout: RUN_TIMEOUT_MILLIS,
        maxBuffer: 1 << 26,
      });
      // Clients print on their own behalf: the last line is ours.
      return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
    },
  };
}

/** A folder that an earlier run left half-made is made anew. */
async function fresh(folder: string, install: (folder: string) => Promise<void>): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, '..'), { recursive: true });
  await install(folder);
  await writeFile(join(folder, 'complete.part'), '');
  await rename(join(folder, 'complete.part'), join(folder, 'complete'));
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function failureOf(act: () => Promise<void>): Promise<string | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    const { stderr, message } = error as { readonly stderr?: string; readonly message: string };
    return (stderr || message).trim().split('\n').at(-1);
  }
}
