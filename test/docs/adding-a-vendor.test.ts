import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cleanEnvironment } from '../../scripts/clean-environment.mjs';
import { spanToJson } from '../../src/otlp/write-json.ts';
import { spanDataOf } from '../../src/semconv/to-span.ts';
import { fullInteraction } from '../../src/testing/sample-interactions.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(repository, 'docs/adding-a-vendor.md'), 'utf8');

let copy: string;

/** A copy of the repository, as far as the page speaks of it, with the page's changes made. */
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'spanport-docs-'));
  for (const path of [
    'scripts',
    'src',
    'test/support',
    'test/fixtures',
    'package.json',
    'rolldown.config.mjs',
    'tsconfig.json',
    'vitest.config.ts',
  ]) {
    cpSync(join(repository, path), join(copy, path), { recursive: true });
  }
  symlinkSync(join(repository, 'node_modules'), join(copy, 'node_modules'));
  for (const [, path = '', code = ''] of page.matchAll(/<!-- file: (\S+) -->\n```ts\n(.*?)```/gs)) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    writeFileSync(join(copy, path), code);
  }
  for (const [, path = '', diff = ''] of page.matchAll(/<!-- edit: (\S+) -->\n```diff\n(.*?)```/gs)) {
    writeFileSync(join(copy, path), applied(readFileSync(join(copy, path), 'utf8'), diff, path));
  }
});

afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** Replaces the block's lines without `+` by all its lines without `-`. */
function applied(text: string, diff: string, path: string): string {
  const lines = diff.split('\n').filter(Boolean);
  const side = (other: string): string =>
    lines
      .filter((line) => !line.startsWith(other))
      .map((line) => `${line.slice(1)}\n`)
      .join('');
  const before = side('+');
  if (!text.includes(before)) throw new Error(`${path} holds no\n${before}`);
  return text.replace(before, side('-'));
}

function run(tool: string, ...args: string[]): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(join('node_modules/.bin', tool), args, {
    cwd: copy,
    env: { ...cleanEnvironment(), NO_COLOR: '1' },
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}

describe('docs/adding-a-vendor.md, followed to the letter', () => {
  it('compiles', () => {
    writeFileSync(
      join(copy, 'tsconfig.docs.json'),
      JSON.stringify({ extends: './tsconfig.json', include: ['src', 'test/vendors'] }),
    );
    expect(run('tsc', '-p', 'tsconfig.docs.json', '--noEmit')).toEqual({ status: 0, output: '' });
  });

  it('makes a vendor that keeps the contract', () => {
    const { status, output } = run('vitest', 'run', 'test/vendors/lantern.test.ts');
    expect(output).toMatch(/Tests +\d+ passed/);
    expect(status).toBe(0);
  });

  it('makes it a destination, and an exporter for any processor', () => {
    writeFileSync(
      join(copy, 'test/vendors/registry.test.ts'),
      `import { expect, it } from 'vitest';
import { LanternSpanExporter } from '../../src/lantern.ts';
import { knownNames } from '../../src/exporter/destinations/known-names.ts';
it('knows lantern', () => expect(knownNames()).toContain('lantern'));
it('exports', () => expect(new LanternSpanExporter({ apiKey: 'k' }).stats()).toMatchObject({ enqueued: 0 }));
`,
    );
    expect(run('vitest', 'run', 'test/vendors/registry.test.ts')).toMatchObject({ status: 0 });
  });

  it('builds its entry', async () => {
    const { status } = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: copy, env: cleanEnvironment() });
    expect(status).toBe(0);
    expect(await import(join(copy, 'dist/lantern.js'))).toHaveProperty('LanternSpanExporter');
  });

  it('makes it part of a preview without any configuration, and of the demo', () => {
    const spans = join(copy, 'spans.jsonl');
    writeFileSync(spans, `${spanToJson(spanDataOf(fullInteraction))}\n`);
    const preview = spawnSync(process.execPath, ['dist/cli/main.js', 'export', '--dry-run', '--json', spans], {
      cwd: copy,
      env: cleanEnvironment(),
      encoding: 'utf8',
    });
    expect({ status: preview.status, stderr: preview.stderr }).toEqual({ status: 0, stderr: '' });
    expect(JSON.parse(preview.stdout)).toMatchObject({
      athina: [{}],
      lantern: [
        { method: 'POST', url: 'https://lantern.example/v1/calls', body: { model: fullInteraction.requestModel } },
      ],
    });
    const demo = spawnSync(process.execPath, ['dist/cli/main.js', 'demo', '--json'], {
      cwd: copy,
      env: cleanEnvironment(),
      encoding: 'utf8',
    });
    expect(demo.status).toBe(0);
    expect((JSON.parse(demo.stdout) as { payloads: { lantern: unknown[] } }).payloads.lantern).toHaveLength(2);
  });
});
