import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notice } from '../../scripts/notice.mjs';
import {
  type Exported,
  type FakeServer,
  type InstalledPackage,
  installForProduction,
  installPackage,
  installWith,
  packageManagers,
  startInstalledFake,
} from './installed-package.ts';
import { readSpanFile } from './span-file.ts';

/** Everything that may be in the tarball. A new kind of file is a decision, made here. */
const ALLOWED = [
  /^package\.json$/,
  /^README\.md$/,
  /^LICENSE$/,
  /^(CHANGELOG|ARCHITECTURE|CONTRIBUTING)\.md$/,
  /^NOTICE$/,
  /^docs\/(screens\/(conversation|list|trace)\.png|([a-z]+\/)?[\w-]+\.md|growth\/\w+\.svg)$/,
  /^examples\/([\w/-]+\/)?[\w.-]+\.(md|m?js|py|yaml|jsonl)$/,
  /^(src\/.*\/README|(bench|collector|test\/dialects)\/README|bench\/results\/node-20)\.md$/,
  /^dist\/([a-z0-9-]+\/)*[a-z0-9-]+\.js$/,
  // One declaration file for each entry, none for internals.
  /^dist\/(cjs\/)?[a-z]+\.d\.ts$/,
  /^dist\/cjs\/package\.json$/,
  /^dist\/ui\/(index\.html|favicon\.svg|docs\/[\w-]+\.(html|css)|assets\/[\w.-]+\.(js|css|woff2))$/,
];
/** Two builds, CommonJS for Node and ES modules for bundlers, and the page of the gateway. */
const MAX_PACKED_BYTES = 1_900_000;
const MAX_UNPACKED_BYTES = 6_500_000;
/** Of an installation for production, without optional peers. */
const MAX_PACKAGES = 35;
const MAX_INSTALLED_BYTES = 40_000_000;

let directory: string;
let installed: InstalledPackage;
let fake: FakeServer | undefined;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spanport-package-'));
  installed = await installPackage(directory);
  fake = await startInstalledFake(installed);
});

afterAll(async () => {
  await fake?.close();
  await rm(directory, { recursive: true, force: true });
});

describe('the tarball', () => {
  it('holds what the allow-list names and nothing else', () => {
    const paths = installed.files.map(({ path }) => path);
    expect(paths.filter((path) => !ALLOWED.some((pattern) => pattern.test(path)))).toEqual([]);
    expect(paths).toEqual(expect.arrayContaining(['package.json', 'README.md', 'LICENSE']));
  });

  it('holds nothing of an earlier build: one declaration file for each entry, and no chunk that no file loads', async () => {
    const paths = installed.files.map(({ path }) => path).filter((path) => path.startsWith('dist/'));
    const declarations = paths.filter((path) => path.endsWith('.d.ts'));
    const entries = Object.keys(installed.manifest.exports).filter((door) => !door.endsWith('.json'));
    expect(declarations).toHaveLength(2 * entries.length);

    const scripts = paths.filter((path) => path.endsWith('.js'));
    const root = join(installed.directory, 'node_modules/spanport');
    const texts = await Promise.all(scripts.map((path) => readFile(join(root, path), 'utf8')));
    const chunks = scripts.filter((path) => /^dist\/(cjs\/)?chunks\//.test(path)).map((path) => basename(path));
    expect(chunks.length).toBeGreaterThan(1);
    expect(chunks.filter((chunk) => !texts.some((text) => new RegExp(`[/'"]${chunk}`).test(text)))).toEqual([]);
  });

  it('holds every file that the manifest points at', () => {
    const { exports, bin } = installed.manifest;
    const targets = [...Object.values(exports).flatMap(targetsOf), ...Object.values(bin)].map((target) =>
      target.replace(/^\.\//, ''),
    );
    expect(installed.files.map(({ path }) => path)).toEqual(expect.arrayContaining(targets));
  });

  it('stays within its size budget', () => {
    expect(installed.packedBytes).toBeLessThan(MAX_PACKED_BYTES);
    expect(installed.unpackedBytes).toBeLessThan(MAX_UNPACKED_BYTES);
  });

  it('has every file that its README and documents link to', async () => {
    const paths = installed.files.map(({ path }) => path);
    const missing = await Promise.all(
      paths
        .filter((path) => /^(README|docs\/.*)\.md$/.test(path))
        .map(async (page) => {
          const text = await readFile(join(installed.directory, 'node_modules/spanport', page), 'utf8');
          return [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)]
            .map(([, link = '']) => join(dirname(page), link).replace(/\/$/, ''))
            .filter((link) => !paths.some((path) => path === link || path.startsWith(`${link}/`)))
            .map((link) => `${page}: ${link}`);
        }),
    );
    expect(missing.flat()).toEqual([]);
  });

  it('depends only on what its files import', async () => {
    const root = join(installed.directory, 'node_modules/spanport');
    const files = installed.files.map(({ path }) => path).filter((path) => /^dist\/(?!ui\/).*\.(js|d\.ts)$/.test(path));
    const text = (await Promise.all(files.map((path) => readFile(join(root, path), 'utf8')))).join('\n');
    const unused = Object.keys(installed.manifest.dependencies).filter(
      (name) => !new RegExp(`['"]${name}['"/]`).test(text),
    );
    expect(unused).toEqual([]);
  });

  it('stays within its budget of packages and bytes when it is installed for production', async () => {
    const { packages, bytes } = await installForProduction(installed);
    expect(packages).toBeLessThanOrEqual(MAX_PACKAGES);
    expect(bytes).toBeLessThanOrEqual(MAX_INSTALLED_BYTES);
  });

  it('names the licences of everything that it contains', async () => {
    expect(await readFile(join(installed.directory, 'node_modules/spanport/NOTICE'), 'utf8')).toBe(notice());
  });

  it('brings no package that runs a script on installation', () => {
    expect(installed.packagesWithInstallScripts).toEqual([]);
  });
});

function targetsOf(entry: Exported): string[] {
  return typeof entry === 'string' ? [entry] : Object.values(entry).flatMap(targetsOf);
}

describe('a process that only exports', () => {
  it('loads nothing of the gateway, the store, the command line or their packages', async () => {
    const trace = `
      import { start, instrumentOpenAI } from 'spanport';
      import OpenAI from 'openai';
      import Module from 'node:module';
      const handle = start({ destinations: ['file:trace.jsonl', 'athina', 'otlp'] });
      instrumentOpenAI(OpenAI);
      await new OpenAI().chat.completions.create({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] });
      await handle.shutdown();
      console.log(JSON.stringify(Object.keys(Module._cache)));`;
    const { stdout, stderr } = await installed.node(['--input-type=module', '--eval', trace], {
      OPENAI_API_KEY: 'not-a-key',
      OPENAI_BASE_URL: String(fake?.baseURL),
      ATHINA_API_KEY: 'key',
      ATHINA_BASE_URL: 'http://127.0.0.1:9',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
      OTEL_LOG_LEVEL: 'none',
    });
    expect(stderr).toBe('');
    const loaded = (JSON.parse(stdout) as string[]).map((path) => path.split('/node_modules/').at(-1) ?? '');
    expect(loaded.some((path) => path.startsWith('spanport/dist/cjs/'))).toBe(true);
    expect(
      loaded.filter((path) => /^(hono|@hono|jose|prom-client|zod|citty)\/|gateway|store|cli\//.test(path)),
    ).toEqual([]);
  });
});

describe('an application that installed it', () => {
  it.each([
    ['an ES module that calls start()', ['start.mjs']],
    ['a CommonJS program that calls start()', ['start.cjs']],
    ['an ES module under --import spanport/register', ['--import', 'spanport/register', 'ask.mjs']],
    ['a CommonJS program under --import spanport/register', ['--import', 'spanport/register', 'ask.cjs']],
    ['an ES module under --require spanport/register', ['--require', 'spanport/register', 'ask.mjs']],
    ['a CommonJS program under --require spanport/register', ['--require', 'spanport/register', 'ask.cjs']],
  ])('%s gets its answer, a silent stderr and one chat span', async (_, args) => {
    const spanFile = join(installed.directory, `${args.join('-').replaceAll(/[^a-z.-]/g, '')}.jsonl`);
    const { code, stdout, stderr } = await installed.node(args, {
      OPENAI_API_KEY: 'not-a-key',
      OPENAI_BASE_URL: String(fake?.baseURL),
      SPANPORT_DESTINATIONS: `file:${spanFile}`,
    });

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.trim()).not.toBe('');
    const chats = (await readSpanFile(spanFile)).filter((span) => span.name === 'chat gpt-4o-mini');
    expect(chats).toHaveLength(1);
    expect(chats[0]).toMatchObject({
      kind: 3,
      attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai' },
    });
  });

  it('opens every door by import and by require', async () => {
    // `register` starts on import; the programs above go through it.
    const doors = Object.keys(installed.manifest.exports)
      .filter((door) => !/register|json/.test(door))
      .map((door) => door.replace('.', 'spanport'));
    expect(doors.length).toBeGreaterThan(1);
    const imports = doors.map((door) => `if (Object.keys(await import('${door}')).length === 0) throw '${door}';`);
    const requires = doors.map((door) => `if (Object.keys(require('${door}')).length === 0) throw '${door}';`);
    const opened = { code: 0, stdout: '', stderr: '' };
    expect(await installed.node(['--input-type=module', '--eval', imports.join('\n')])).toEqual(opened);
    expect(await installed.node(['--input-type=commonjs', '--eval', requires.join('\n')])).toEqual(opened);
  });

  it('has the command', async () => {
    const { code, stdout } = await installed.node(['node_modules/.bin/spanport', '--help']);
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('demo') });
  });
});

describe('an application that installed it with another package manager, without install scripts', () => {
  // npm's own installation, which every other test uses, runs with --ignore-scripts as well.
  it.each(Object.entries(packageManagers))('%s', async (_, manager) => {
    const { folder, node } = await installWith(installed, manager);
    for (const args of [['--import', 'spanport/register', 'ask.mjs'], ['start.cjs']]) {
      const spanFile = join(folder, `${args.at(-1)}.jsonl`);
      const { code, stdout } = await node(args, {
        OPENAI_API_KEY: 'not-a-key',
        OPENAI_BASE_URL: String(fake?.baseURL),
        SPANPORT_DESTINATIONS: `file:${spanFile}`,
      });
      expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('Say hello') });
      expect((await readSpanFile(spanFile)).map(({ name }) => name)).toEqual(['chat gpt-4o-mini']);
    }
  });
});

describe('a TypeScript user', () => {
  it.each([
    ['ES module, nodenext', 'consumer.ts', ['--module', 'nodenext']],
    ['ES module, bundler', 'consumer.ts', ['--module', 'esnext', '--moduleResolution', 'bundler']],
    ['CommonJS, nodenext', 'consumer.cts', ['--module', 'nodenext']],
  ])('compiles against the declarations: %s', async (_, file, options) => {
    const { stdout } = await installed.compile(file, ['--target', 'es2022', '--types', 'node', ...options]);
    expect(stdout).toBe('');
  });
});
