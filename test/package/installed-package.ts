import { execFile, spawn } from 'node:child_process';
import { cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cleanEnvironment } from '../../scripts/clean-environment.mjs';

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../..', import.meta.url));
const apps = fileURLToPath(new URL('./apps', import.meta.url));

export interface PackedFile {
  readonly path: string;
  readonly size: number;
}

/** A file, or files by condition. */
export type Exported = string | { readonly [condition: string]: Exported };

export interface Manifest {
  readonly exports: Readonly<Record<string, Exported>>;
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The package as a user has it: packed, then installed into an empty folder with no install scripts. */
export interface InstalledPackage {
  readonly directory: string;
  readonly tarball: string;
  readonly manifest: Manifest;
  readonly files: readonly PackedFile[];
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  /** Names of installed packages that would run a script on installation. */
  readonly packagesWithInstallScripts: readonly string[];
  node(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Outcome>;
  /** Runs the repository's TypeScript compiler in the folder. */
  compile(file: string, options: readonly string[]): Promise<Outcome>;
}

/** @param directory an empty folder; the caller removes it */
export async function installPackage(directory: string): Promise<InstalledPackage> {
  const manifest: Manifest = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8'));
  const [packed] = await pack(directory);
  if (!packed) throw new Error('npm pack named no tarball.');

  await writeFile(join(directory, 'package.json'), '{ "private": true }\n');
  const others = ['openai', '@opentelemetry/api', '@opentelemetry/instrumentation', '@types/node'].map(
    (name) => `${name}@${manifest.devDependencies[name]}`,
  );
  others.push(`@opentelemetry/sdk-trace-base@${manifest.devDependencies['@opentelemetry/sdk-trace-node']}`);
  await npm(['install', '--ignore-scripts', '--no-audit', '--no-fund', `./${packed.filename}`, ...others], directory);
  await cp(apps, directory, { recursive: true });

  return {
    directory,
    tarball: join(directory, packed.filename),
    manifest,
    files: packed.files,
    packedBytes: packed.size,
    unpackedBytes: packed.unpackedSize,
    packagesWithInstallScripts: await installScripts(directory),
    node: (args, env) => outcome(process.execPath, args, directory, env),
    compile: (file, options) =>
      outcome(
        process.execPath,
        [join(repository, 'node_modules/typescript/bin/tsc'), '--noEmit', '--strict', ...options, file],
        directory,
      ),
  };
}

/** What `npm install` of the tarball and its one required peer leaves in a folder of its own. */
export async function installForProduction({
  directory,
  tarball,
  manifest,
}: InstalledPackage): Promise<{ readonly packages: number; readonly bytes: number }> {
  const folder = join(directory, 'production');
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), '{ "private": true }\n');
  const api = `@opentelemetry/api@${manifest.devDependencies['@opentelemetry/api']}`;
  await npm(['install', '--omit=optional', '--omit=dev', '--no-audit', '--no-fund', tarball, api], folder);
  const lock: { packages: object } = JSON.parse(await readFile(join(folder, 'package-lock.json'), 'utf8'));
  const files = await readdir(join(folder, 'node_modules'), { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    files.filter((file) => file.isFile()).map(async (file) => (await stat(join(file.parentPath, file.name))).size),
  );
  return { packages: Object.keys(lock.packages).length - 1, bytes: sizes.reduce((total, size) => total + size, 0) };
}

export interface OtherInstallation {
  readonly folder: string;
  /** Runs `node`, the way the tool runs it. */
  node(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Outcome>;
}

/** What a package manager other than npm is called with. No tool runs an install script. */
interface PackageManager {
  readonly package: string;
  readonly command: string;
  readonly add: readonly string[];
  /** Plug'n'Play has no node_modules, so `node` runs through the tool. */
  readonly runsNode?: boolean;
}

export const packageManagers = {
  pnpm: { package: 'pnpm@10', command: 'pnpm', add: ['add', '--ignore-scripts', '--store-dir', 'store'] },
  'yarn 1': { package: 'yarn@1', command: 'yarn', add: ['add', '--ignore-scripts', '--non-interactive'] },
  'yarn 4 with Plug’n’Play': { package: '@yarnpkg/cli-dist@4', command: 'yarn', add: ['add'], runsNode: true },
} as const satisfies Readonly<Record<string, PackageManager>>;

/** The tarball and its peers in a folder of their own, installed by another package manager. */
export async function installWith(
  { directory, tarball, manifest }: InstalledPackage,
  manager: PackageManager,
): Promise<OtherInstallation> {
  const folder = join(directory, manager.package.replaceAll(/\W/g, '-'));
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), '{ "private": true }\n');
  // Yarn 4 takes a folder with a lockfile for a project of its own.
  if (manager.runsNode) await writeFile(join(folder, 'yarn.lock'), '');
  await cp(apps, folder, { recursive: true });
  const tool = ['exec', '--yes', `--package=${manager.package}`, '--', manager.command];
  const peers = ['openai', '@opentelemetry/api'].map((name) => `${name}@${manifest.devDependencies[name]}`);
  await npm([...tool, ...manager.add, `spanport@file:${tarball}`, ...peers], folder, yarnSettings(folder));
  return {
    folder,
    node: (args, env) =>
      manager.runsNode
        ? outcome('npm', [...tool, 'node', ...args], folder, { ...env, ...yarnSettings(folder) })
        : outcome(process.execPath, args, folder, env),
  };
}

function yarnSettings(folder: string): Readonly<Record<string, string>> {
  return {
    YARN_ENABLE_SCRIPTS: 'false',
    YARN_ENABLE_TELEMETRY: 'false',
    YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
    YARN_NODE_LINKER: 'pnp',
    YARN_GLOBAL_FOLDER: join(folder, 'yarn'),
  };
}

interface PackResult {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly PackedFile[];
}

/** `npm pack --dry-run --json` and the tarball in one: the list is the one of the file that is then installed. */
async function pack(destination: string): Promise<readonly PackResult[]> {
  const { stdout } = await npm(['pack', '--json', '--pack-destination', destination], repository);
  // The build that `prepack` starts may print before the JSON.
  return JSON.parse(stdout.slice(stdout.search(/^\[/m)));
}

async function npm(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly stdout: string }> {
  try {
    return await run('npm', args, {
      cwd,
      env: { ...process.env, ...env },
      maxBuffer: 16 * 1024 * 1024,
      shell: process.platform === 'win32',
    });
  } catch (error) {
    const { message, stdout = '' } = error as Error & { stdout?: string };
    // The compiler says what is wrong on stdout, which the message leaves out.
    throw new Error(`${message}\n${stdout}`, { cause: error });
  }
}

async function installScripts(directory: string): Promise<readonly string[]> {
  const lock: { packages: Record<string, { hasInstallScript?: boolean }> } = JSON.parse(
    await readFile(join(directory, 'package-lock.json'), 'utf8'),
  );
  return Object.entries(lock.packages).flatMap(([name, entry]) => (entry.hasInstallScript ? [name] : []));
}

async function outcome(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  try {
    const { stdout, stderr } = await run(command, args, {
      cwd,
      env: { ...cleanEnvironment(), ...env },
      timeout: 180_000,
    });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as Partial<Outcome>;
    if (typeof code !== 'number' || stdout === undefined || stderr === undefined) throw error;
    return { code, stdout, stderr };
  }
}

export interface FakeServer {
  readonly baseURL: string;
  close(): Promise<void>;
}

/** The fake server of the installed package, in a process of its own. */
export async function startInstalledFake(installed: InstalledPackage): Promise<FakeServer> {
  const child = spawn(process.execPath, ['fake-openai.mjs'], {
    cwd: installed.directory,
    env: cleanEnvironment(),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const baseURL = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`The fake server ended with code ${code}.`)));
  });
  const close = async (): Promise<void> => {
    child.stdin.end();
    await ended;
  };
  return { baseURL, close };
}
