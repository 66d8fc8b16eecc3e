import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openApiDocument } from '../../src/gateway/api/openapi.ts';
import { variables } from '../../src/start/known-settings.ts';
import { vendors } from '../../src/vendors/index.ts';
import { apiReference, membersOf, type OpenApi, optionsTable } from './reference.ts';

const fileAt = (path: string): URL => new URL(`../../${path}`, import.meta.url);
const read = (path: string): string => readFileSync(fileAt(path), 'utf8');

/** Compares a block of a page with what it is generated from. `npm run docs` writes it. */
function checkBlock(path: string, name: string, text: string): void {
  const block = new RegExp(`(<!-- ${name} -->\\n\\n)[\\s\\S]*(\\n\\n<!-- /${name} -->)`);
  const before = read(path);
  expect(before).toMatch(block);
  const after = before.replace(block, (_, open, close) => open + text + close);
  if (process.env['SPANPORT_WRITE_DOCS']) writeFileSync(fileAt(path), after);
  else expect(before, `${path} is not current: npm run docs`).toBe(after);
}

describe('docs/configuration.md', () => {
  it.each([
    ['start', 'index', 'StartOptions'],
    ['spool', 'index', 'SpoolSettings'],
    ['athina', 'index', 'AthinaOptions'],
    ['inkeep', 'index', 'InkeepOptions'],
    ['kore', 'index', 'KoreOptions'],
    ['reconify', 'index', 'ReconifyOptions'],
    ['requesty', 'index', 'RequestyOptions'],
    ['otlp', 'index', 'OtlpOptions'],
    ['gateway', 'gateway', 'GatewayOptions'],
  ])('has the options of %s as they are declared, each with its comment', (block, entry, name) => {
    const members = membersOf(read(`api/${entry}.d.ts`), name);
    expect(members.length).toBeGreaterThan(0);
    expect(members.filter(({ meaning }) => meaning === '')).toEqual([]);
    checkBlock('docs/configuration.md', `options of ${block}`, optionsTable(members));
  });

  it('has a row for every variable of ours that is read, and no other', () => {
    const rows = [...read('docs/configuration.md').matchAll(/^\| (`[A-Z][^|]*) \|/gm)].flatMap(([, names = '']) =>
      [...names.matchAll(/`([A-Z_]+)`/g)].map(([, name = '']) => name),
    );
    const settings = vendors.flatMap(({ sampleSettings = {} }) => Object.keys(sampleSettings));
    const own = [...variables, ...settings.filter((name) => name.startsWith('SPANPORT_'))];
    expect(rows.filter((name) => name.startsWith('SPANPORT_')).toSorted()).toEqual(own.toSorted());
  });
});

describe('docs/gateway-api.md', () => {
  it('has every operation and schema of the OpenAPI document', () => {
    const document = openApiDocument('0.0.0') as unknown as OpenApi;
    checkBlock('docs/gateway-api.md', 'api', apiReference(document));
  });
});
