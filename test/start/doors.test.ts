import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/**
 * What each door lets out, by name. A change here is a change of the public surface: make it on purpose, with a line in
 * CHANGELOG.md.
 */
const doors: Readonly<Record<string, readonly string[]>> = {
  index: [
    'ConfigurationError',
    'OpenAIInstrumentation',
    'instrumentOpenAI',
    'recordFeedback',
    'recordUsageEvent',
    'start',
    'traceTool',
    'withContext',
  ],
  testing: [
    'fullInteraction',
    'fullRun',
    'interactionWithoutContent',
    'oddInteractions',
    'startFakeOpenAI',
    'vendorContract',
  ],
  athina: ['AthinaSpanExporter'],
  reconify: ['ReconifySpanExporter', 'reconifyOpenAIHandler'],
  inkeep: ['InkeepSpanExporter'],
  requesty: ['RequestySpanExporter'],
  kore: ['KoreSpanExporter'],
  gateway: ['startGateway'],
};

it.each(Object.entries(doors))('the door %s lets out what it did', async (door, names) => {
  const found: object = await import(`../../src/${door}.ts`);
  expect(Object.keys(found).sort()).toEqual(names);
});

it('there is no door that is not watched', () => {
  const { exports } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    readonly exports: Readonly<Record<string, unknown>>;
  };
  const watched = ['.', './register', './package.json', ...Object.keys(doors).map((door) => `./${door}`)];
  expect(Object.keys(exports).sort()).toEqual(watched.filter((door) => door !== './index').sort());
});
