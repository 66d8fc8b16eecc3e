import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { Page } from '../../src/gateway/page.ts';

function statusOf(page: Page, path: string): number {
  let status = 0;
  const response = {
    writeHead(code: number) {
      status = code;
      return response;
    },
    end: () => response,
  };
  page.send(path, undefined, false, response as unknown as ServerResponse);
  return status;
}

it('is the page at every address of a view, also with a dot in an id', () => {
  const folder = mkdtempSync(join(tmpdir(), 'spanport-page-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html>');
  writeFileSync(join(folder, 'assets', 'main.js'), '');
  mkdirSync(join(folder, 'docs'));
  for (const name of ['index.html', 'gateway.html']) writeFileSync(join(folder, 'docs', name), '<!doctype html>');
  const page = new Page(pathToFileURL(`${folder}/`));
  const views = [
    '/c/x/run/run%3Aapi.openai.com%3Arun_1',
    '/destinations/file%3A%2Ftmp%2Fkore.jsonl',
    '/i/x/destinations/file%3Aout.jsonl',
    '/c/notes.txt',
    '/users',
  ];
  for (const path of [...views, '/', '/assets/main.js', '/docs', '/docs/', '/docs/gateway.html'])
    expect([path, statusOf(page, path)]).toEqual([path, 200]);
  for (const path of [
    '/assets/old.js',
    '/assets/old',
    '/favicon.png',
    '/robots.txt',
    '/docs/missing.html',
    '/docs/old',
  ])
    expect([path, statusOf(page, path)]).toEqual([path, 404]);
});
