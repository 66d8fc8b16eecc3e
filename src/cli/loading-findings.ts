import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../configuration/environment.ts';
import { isOwnVariable } from '../start/known-settings.ts';

/** What is to know about how an application loads its packages, as `doctor` prints it. */
export interface LoadingFinding {
  readonly check: string;
  readonly text: string;
}

interface Manifest {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
}

const EXTERNAL = `serverExternalPackages: ['spanport', 'openai']`;

/** By the application's package.json, the configuration of its bundlers, and what is installed. */
export function loadingFindings(directory: string, environment: Environment = {}): LoadingFinding[] {
  const manifest = manifestIn(directory) ?? {};
  const named = namedIn(manifest);
  return [
    ...variablesFile(directory, environment),
    ...aliases(named),
    ...nextjs(named, directory),
    ...bundlers(directory, manifest),
    ...jest(named),
    ...copies(directory),
  ];
}

/** The packages that the application's manifest names. */
export function packagesOf(directory: string): ReadonlySet<string> {
  return new Set(Object.keys(namedIn(manifestIn(directory) ?? {})));
}

function namedIn({ dependencies, devDependencies }: Manifest): Readonly<Record<string, string>> {
  return { ...devDependencies, ...dependencies };
}

/** Neither Node nor this command reads a `.env` file by itself. */
function variablesFile(directory: string, environment: Environment): LoadingFinding[] {
  const file = join(directory, '.env');
  if (!existsSync(file)) return [];
  const names = [...readFileSync(file, 'utf8').matchAll(/^\s*(?:export\s+)?(\w+)\s*=/gm)].flatMap(
    ([, name]) => name ?? [],
  );
  const missing = names.filter((name) => isOwnVariable(name) && environment[name] === undefined);
  if (missing.length === 0) return [];
  const text = `sets ${missing.join(', ')}, which this command does not see. Spanport reads the environment when it starts: use node --env-file=.env --import spanport/register app.js, and node --env-file=.env node_modules/.bin/spanport doctor to check it.`;
  return [{ check: '.env', text }];
}

function aliases(named: Readonly<Record<string, string>>): LoadingFinding[] {
  const found = Object.keys(named).filter((name) => named[name]?.startsWith('npm:openai@'));
  return found.map((name) => ({
    check: 'openai',
    text: `is also installed as '${name}', and instrumented there, too.`,
  }));
}

function nextjs(named: Readonly<Record<string, string>>, directory: string): LoadingFinding[] {
  if (!('next' in named)) return [];
  const text = configurationOf('next.config', directory);
  if (/serverExternalPackages[^\]]*spanport/.test(text) && /serverExternalPackages[^\]]*openai/.test(text)) return [];
  return [
    {
      check: 'Next.js',
      text: `bundles openai, where no hook reaches it. Add ${EXTERNAL} to next.config, or pass each client to instrumentOpenAI().`,
    },
  ];
}

function bundlers(directory: string, { scripts = {} }: Manifest): LoadingFinding[] {
  const configured = ['webpack', 'rspack', 'rollup', 'rolldown', 'tsup', 'tsdown'].filter(
    (name) => configurationOf(`${name}.config`, directory) !== '',
  );
  // esbuild has no file for its configuration.
  const isEsbuild = Object.values(scripts).some((script) => /\besbuild\b.*--bundle\b/.test(script));
  return [...configured, ...(isEsbuild ? ['esbuild'] : [])].map((name) => ({
    check: name,
    text: 'openai is not reached inside a bundle: leave it out of the bundle, or pass each client to instrumentOpenAI().',
  }));
}

function jest(named: Readonly<Record<string, string>>): LoadingFinding[] {
  if (!('jest' in named)) return [];
  return [{ check: 'Jest', text: 'loads modules past every hook: tests pass their client to instrumentOpenAI().' }];
}

/** Copies in the folders of other packages: they share one state where their versions agree. */
function copies(directory: string): LoadingFinding[] {
  const modules = join(directory, 'node_modules');
  const folders = namesIn(modules).flatMap((name) =>
    name.startsWith('@') ? namesIn(join(modules, name)).map((inner) => `${name}/${inner}`) : [name],
  );
  return ['spanport', '@opentelemetry/api'].flatMap((name) => {
    const own = manifestIn(join(modules, name))?.version;
    const found = folders.flatMap((folder) => {
      const version = manifestIn(join(modules, folder, 'node_modules', name))?.version;
      return version === undefined || version === own ? [] : [`${version} in ${folder}`];
    });
    if (own === undefined || found.length === 0) return [];
    const text =
      name === 'spanport'
        ? `has other versions in this process (${found.join(', ')}): only the first to patch openai records its calls.`
        : `is installed as ${own} and as ${found.join(', ')}. Spans of all of them are recorded.`;
    return [{ check: name, text }];
  });
}

/** The text of a configuration file, empty where there is none. */
function configurationOf(name: string, directory: string): string {
  const file = ['js', 'mjs', 'cjs', 'ts', 'mts'].map((end) => join(directory, `${name}.${end}`)).find(existsSync);
  return file ? readFileSync(file, 'utf8') : '';
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function manifestIn(folder: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  } catch {
    return undefined;
  }
}
