import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { knownNames } from '../../src/exporter/destinations/known-names.ts';
import { createUserProject, type UserProject, type VendorName } from '../cli/user-project.ts';
import { codeBlocksIn } from './code-blocks.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const pages = [
  'README.md',
  ...readdirSync(new URL('../../docs', import.meta.url)).map((name) => `docs/${name}`),
].filter(
  // Its own test follows this page to the letter.
  (path) => path.endsWith('.md') && path !== 'docs/adding-a-vendor.md',
);
const texts = new Map(pages.map((path) => [path, read(path)]));
const blocks = [...texts].flatMap(([page, text]) =>
  codeBlocksIn(text)
    .filter(({ language }) => /^(js|ts|sh|bash)$/.test(language))
    .map((block) => ({ ...block, page })),
);

function sources(): string {
  const files = readdirSync(new URL('../../src', import.meta.url), { recursive: true, encoding: 'utf8' });
  return files.flatMap((path) => (path.endsWith('.ts') ? [read(`src/${path}`)] : [])).join('\n');
}

let project: UserProject;

beforeAll(async () => {
  project = await createUserProject();
  // The application that the README starts without showing it.
  project.write('app/app.js', read('examples/chat-to-jaeger/app.mjs'));
});

afterAll(() => project.close());

describe('README.md and docs', () => {
  it('says of each block how it is run', () => {
    expect(blocks.length).toBeGreaterThan(0);
    expect(
      blocks.filter(({ directive }) => directive.kind === 'missing').map(({ page, line }) => `${page}:${line}`),
    ).toEqual([]);
  });

  it('names every setting and every destination that there is', () => {
    const settings = new Set(sources().match(/\b(SPANPORT|ATHINA|RECONIFY|INKEEP\w*|REQUESTY|KORE)_[A-Z_]*[A-Z]\b/g));
    const names = [...settings, ...knownNames()].filter(
      (name) => ![...texts.values()].some((text) => text.includes(`\`${name}\``)),
    );
    expect(names).toEqual([]);
  });

  it('links to files that are there', () => {
    const links = [...texts].flatMap(([page, text]) =>
      [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(
        ([, path = '']) => new URL(path, new URL(`../../${page}`, import.meta.url)),
      ),
    );
    expect(links.length).toBeGreaterThan(20);
    expect(links.filter((link) => !existsSync(link)).map(String)).toEqual([]);
  });

  it('keeps the front page short', () => {
    expect(texts.get('README.md')?.split('\n').length).toBeLessThanOrEqual(200);
  });

  for (const { code, line, directive, page } of blocks) {
    if (directive.kind === 'run as') {
      it(`runs as written: ${directive.file} (${page}:${line})`, async () => {
        const { folder, file, reaches } = directive;
        const sink = reaches ? project.sinks[reaches as VendorName] : undefined;
        const before = sink?.received.length ?? 0;
        project.write(`${folder}/${file}`, code);
        expect(await project.run('node', [file], { cwd: folder })).toMatchObject({ code: 0, stderr: '' });
        if (sink) expect(sink.received.slice(before).map(({ status }) => status)).toEqual([200]);
      });
    } else if (directive.kind === 'run in') {
      it(`runs as written: ${code.split('\n')[0]} (${page}:${line})`, async () => {
        project.write(`${directive.folder}/.keep`, '');
        const finished = await project.run('bash', ['-euc', code], { cwd: directive.folder });
        expect(finished).toMatchObject({ code: 0 });
        expect(finished.stdout).not.toBe('');
      });
    }
  }
});
