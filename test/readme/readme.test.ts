import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VendorName } from '../../src/cli/demo/sinks.ts';
import { createUserProject, type UserProject } from '../cli/user-project.ts';
import { codeBlocksIn } from './code-blocks.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const blocks = codeBlocksIn(read('README.md')).filter(({ language }) => /^(js|ts|sh|bash)$/.test(language));

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
