import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cacheDirectory } from '../../scripts/cache-directory.mjs';
import { cleanEnvironment } from '../../scripts/clean-environment.mjs';
import { spansFromOtlpJson } from '../../src/otlp/read-json.ts';
import type { SpanData } from '../../src/semconv/span-data.ts';
import { type FakeOpenAI, startFakeOpenAI } from '../../src/testing.ts';

const run = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));
const repository = join(here, '..', '..');

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly spans: readonly SpanData[];
}

/** A folder in which the packages of a list and the packed Spanport are installed, and a model that answers. */
export interface Workshop {
  readonly directory: string;
  readonly openai: FakeOpenAI;
  write(path: string, text: string): void;
  /** Runs a program in the folder; `spans` is what it wrote to `file:`. */
  run(
    command: string,
    args: readonly string[],
    options?: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> },
  ): Promise<Ran>;
  close(): Promise<void>;
}

/**
 * @param name of the folder next to this file with a `package.json`. Its packages stay in the cache folder until the file
 *   changes. There is no lockfile: with these packages npm writes one that `npm ci` then refuses.
 */
export async function openWorkshop(name: string): Promise<Workshop> {
  const directory = await installedFolder(name);
  await installSpanport(directory);
  const apps = mkdtempSync(join(directory, 'apps-'));
  const openai = await startFakeOpenAI();
  return {
    directory: apps,
    openai,
    write(path, text): void {
      mkdirSync(dirname(join(apps, path)), { recursive: true });
      writeFileSync(join(apps, path), text);
    },
    async run(command, args, { cwd = '.', env = {} } = {}): Promise<Ran> {
      const folder = resolve(apps, cwd);
      const file = join(folder, 'spans.jsonl');
      rmSync(file, { force: true });
      const environment = {
        ...cleanEnvironment(),
        NO_COLOR: '1',
        OPENAI_API_KEY: 'not-a-key',
        OPENAI_BASE_URL: openai.baseURL,
        SPANPORT_DESTINATIONS: `file:${file}`,
        ...env,
      };
      const ran = await outcome(command, args, folder, environment);
      return { ...ran, spans: existsSync(file) ? spansFromOtlpJson(readFileSync(file, 'utf8')) : [] };
    },
    async close(): Promise<void> {
      await openai.close();
      rmSync(apps, { recursive: true, force: true });
    },
  };
}

async function installedFolder(name: string): Promise<string> {
  const source = join(here, name);
  const manifest = readFileSync(join(source, 'package.json'));
  const hash = createHash('sha256').update(manifest).digest('hex').slice(0, 12);
  const folder = join(cacheDirectory(), `loaders-${name}-${hash}`);
  if (existsSync(folder)) return folder;
  mkdirSync(cacheDirectory(), { recursive: true });
  const unfinished = mkdtempSync(join(cacheDirectory(), 'loaders-'));
  writeFileSync(join(unfinished, 'package.json'), manifest);
  await npm(['install', '--ignore-scripts', '--no-package-lock', '--no-audit', '--no-fund'], unfinished);
  renameSync(unfinished, folder);
  return folder;
}

/** As a user does it, from the tarball; its dependencies are resolved as they are today. */
async function installSpanport(directory: string): Promise<void> {
  const packed = mkdtempSync(join(tmpdir(), 'spanport-packed-'));
  try {
    // The build is there already: `npm run test:loaders` makes it.
    const { stdout } = await npm(['pack', '--silent', '--ignore-scripts', '--pack-destination', packed], repository);
    const tarball = join(packed, stdout.trim().split('\n').at(-1) ?? '');
    await npm(['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', tarball], directory);
  } finally {
    rmSync(packed, { recursive: true });
  }
}

function npm(args: readonly string[], cwd: string): Promise<{ stdout: string }> {
  return run('npm', args, { cwd, maxBuffer: 16 * 1024 * 1024, shell: process.platform === 'win32' });
}

async function outcome(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<Omit<Ran, 'spans'>> {
  try {
    const { stdout, stderr } = await run(command, args, { cwd, env, timeout: 240_000, maxBuffer: 16 * 1024 * 1024 });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as Partial<Ran>;
    if (typeof code !== 'number' || stdout === undefined || stderr === undefined) throw error;
    return { code, stdout, stderr };
  }
}

/** A test that cannot fail for want of names: what a span is called, sorted. */
export function namesOf({ spans }: Ran): string[] {
  return spans.map(({ name }) => name).sort();
}
