import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { knownNames } from '../../src/exporter/destinations/known-names.ts';
import { createUserProject, type UserProject, type VendorName } from '../cli/user-project.ts';
import { codeBlocksIn } from './code-blocks.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const readme = read('README.md');
const blocks = codeBlocksIn(readme).filter(({ language }) => /^(js|ts|sh|bash)$/.test(language));

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

describe('README.md', () => {
  it('says of each block how it is run', () => {
    expect(blocks.length).toBeGreaterThan(0);
    expect(blocks.filter(({ directive }) => directive.kind === 'missing').map(({ line }) => line)).toEqual([]);
  });

  it('names every setting and every destination that there is', () => {
    const settings = new Set(sources().match(/\b(SPANPORT|ATHINA|RECONIFY|INKEEP\w*|REQUESTY|KORE)_[A-Z_]*[A-Z]\b/g));
    const names = [...settings, ...knownNames()].filter((name) => !readme.includes(`\`${name}\``));
    expect(names).toEqual([]);
  });

  it('links to files that are there', () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, path = '']) => path);
    expect(links.filter((path) => !existsSync(new URL(`../../${path}`, import.meta.url)))).toEqual([]);
  });

  for (const { code, line, directive } of blocks) {
    if (directive.kind === 'run as') {
      it(`runs as written: ${directive.file} (line ${line})`, async () => {
        const { folder, file, reaches } = directive;
        const sink = reaches ? project.sinks[reaches as VendorName] : undefined;
        const before = sink?.received.length ?? 0;
        project.write(`${folder}/${file}`, code);
        expect(await project.run('node', [file], { cwd: folder })).toMatchObject({ code: 0, stderr: '' });
        if (sink) expect(sink.received.slice(before).map(({ status }) => status)).toEqual([200]);
      });
    } else if (directive.kind === 'run in') {
      it(`runs as written: ${code.split('\n')[0]} (line ${line})`, async () => {
        project.write(`${directive.folder}/.keep`, '');
        const finished = await project.run('bash', ['-euc', code], { cwd: directive.folder });
        expect(finished).toMatchObject({ code: 0 });
        expect(finished.stdout).not.toBe('');
      });
    }
  }
});
