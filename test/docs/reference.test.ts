import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import up from '../../src/cli/up.ts';
import worker from '../../src/cli/worker.ts';
import { resolveSpool } from '../../src/exporter/settings.ts';
import { openApiDocument } from '../../src/gateway/api/openapi.ts';
import { captureOptionsFrom } from '../../src/instrumentation/capture-options.ts';
import { applicationVariables, gatewayVariables, workerVariables } from '../../src/start/variables.ts';
import { vendors } from '../../src/vendors/index.ts';
import { resolveWorker } from '../../src/worker/settings.ts';
import {
  apiReference,
  membersOf,
  type OpenApi,
  optionsTable,
  variablesOf,
  variablesTable,
  vendorVariablesTable,
} from './reference.ts';

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

  it.each([
    ['applications', 'applicationVariables', applicationVariables],
    ['gateways', 'gatewayVariables', gatewayVariables],
    ['workers', 'workerVariables', workerVariables],
  ])('has the variables of %s, each with its comment and its default', (block, list, names) => {
    const variables = variablesOf(read('src/start/variables.ts'), list);
    expect(variables.map(({ name }) => name)).toEqual(names);
    expect(variables.filter(({ meaning, standard }) => meaning === '' || standard === '')).toEqual([]);
    checkBlock('docs/configuration.md', `variables of ${block}`, variablesTable(variables));
  });

  it('has the variables of vendors, with the defaults that they have', () => {
    checkBlock('docs/configuration.md', 'variables of vendors', vendorVariablesTable(vendors));
  });

  it('has the defaults that the code has', () => {
    const source = read('src/start/variables.ts');
    const documented = new Map(
      ['applicationVariables', 'workerVariables'].flatMap((list) =>
        variablesOf(source, list).map(({ name, standard }) => [name, standard.replaceAll('`', '')]),
      ),
    );
    const spool = resolveSpool({ dir: 'spool' }, {});
    const capture = captureOptionsFrom({}, {}, () => undefined);
    const { group, topics, orderWindowMillis } = resolveWorker({ brokers: 'kafka:9092' }, {});
    const defaults = {
      SPANPORT_SPOOL_MAX_BYTES: spool?.maxBytes,
      SPANPORT_DURABILITY: spool?.durability,
      SPANPORT_VENDOR_SAMPLING: capture.vendorSampling,
      SPANPORT_INCLUDE_USAGE: capture.includeUsage,
      SPANPORT_METRICS: capture.metrics,
      SPANPORT_KAFKA_GROUP: group,
      SPANPORT_KAFKA_SPANS_TOPIC: topics.spans,
      SPANPORT_KAFKA_INTERACTIONS_TOPIC: topics.interactions,
      SPANPORT_KAFKA_DEAD_LETTERS_TOPIC: topics.deadLetters,
      SPANPORT_KAFKA_ORDER_WINDOW: orderWindowMillis,
    };
    for (const [name, value] of Object.entries(defaults))
      expect([name, documented.get(name)]).toEqual([name, String(value)]);
  });

  it('names every variable that the code reads', () => {
    const files = readdirSync(fileAt('src'), { recursive: true, encoding: 'utf8' });
    const code = files.flatMap((path) => (path.endsWith('.ts') ? [read(`src/${path}`)] : [])).join('\n');
    const names = new Set(code.match(/(?<=['"`])(SPANPORT|KORE|OTEL)_[A-Z_]*[A-Z](?=['"`])/g));
    const page = read('docs/configuration.md');
    expect([...names].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
    const settings = vendors.flatMap(({ sampleSettings = {} }) => Object.keys(sampleSettings));
    const own = [...applicationVariables, ...gatewayVariables, ...workerVariables, ...settings];
    expect([...names].filter((name) => name.startsWith('SPANPORT_')).toSorted()).toEqual(own.toSorted());
  });
});

describe.each([
  ['docs/gateway.md', up, /^(demo|once|json|verbose|full|live|model)$/],
  ['docs/worker.md', worker, /^json$/],
])('%s', (path, command, others) => {
  it('has every option of the command', () => {
    const options = Object.keys((command.args ?? {}) as object).filter((name) => !others.test(name));
    expect(options.length).toBeGreaterThan(5);
    expect(options.filter((name) => !read(path).includes(`\`--${name}\``))).toEqual([]);
  });
});

describe('docs/gateway-api.md', () => {
  it('has every operation and schema of the OpenAPI document', () => {
    const document = openApiDocument('0.0.0', 'cookie') as unknown as OpenApi;
    checkBlock('docs/gateway-api.md', 'api', apiReference(document));
  });
});
