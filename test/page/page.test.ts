import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, type Scene, sendSpans, startScene } from './browser.ts';
import { hostileRequest } from './hostile.ts';

const ASSETS = fileURLToPath(new URL('../../dist/ui/assets', import.meta.url));

it('weighs at most 120 KB gzip in all, and 60 KB for the first view', () => {
  const size = (name: string): number => gzipSync(readFileSync(join(ASSETS, name))).length;
  const code = readdirSync(ASSETS).filter((name) => /\.(js|css)$/.test(name));
  const page = readFileSync(join(ASSETS, '../index.html'), 'utf8');
  // The list, its shell and all that they import are in the first files: nothing else loads before rows are there.
  const first = code.filter((name) => page.includes(`/assets/${name}`));
  expect(first.length).toBeGreaterThanOrEqual(2);
  expect(first.reduce((sum, name) => sum + size(name), 0)).toBeLessThan(60_000);
  expect(code.reduce((sum, name) => sum + size(name), 0)).toBeLessThan(120_000);
});

describe.skipIf(browserPath === undefined)('the page in a browser', () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await startScene();
    await scene.run('./application.mjs');
  });
  afterAll(() => scene?.close());

  it('lists conversations, and opens one with its words, its tool and what the tool answered', async () => {
    const page = await scene.open('/');
    await page.getByText('I am off to Lisbon on Saturday.').first().click();
    await expect.poll(() => page.url()).toContain('/c/');
    await page.getByText('rainPercent').first().waitFor();
    await expect.poll(() => page.locator('.call header b').allTextContents()).toEqual(['get_weather']);
    await expect
      .poll(() => page.locator('.message.user').allInnerTexts())
      .toEqual([expect.stringContaining('Do I need an umbrella?'), expect.stringContaining('And Porto?')]);
    await expect.poll(() => page.locator('.columns > .facts').innerText()).toContain('u-17, Mara Lindt');
    await page.keyboard.press('2');
    await expect.poll(() => page.locator('.turns .scroller [role=row]:not(.tools)').count()).toBe(3);
    await page.keyboard.press('3');
    await page.locator('.details').waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => new URL(page.url()).pathname).toBe('/conversations');
  });

  it('moves nothing in the top bar once the gateway is connected', async () => {
    const page = await scene.open('/');
    await page.addInitScript(`
      window.shifts = [];
      new PerformanceObserver((list) => {
        for (const { sources } of list.getEntries())
          window.shifts.push(...sources.map(({ node }) => node?.parentElement?.className));
      }).observe({ type: 'layout-shift', buffered: true });
    `);
    await page.reload();
    await page.getByText('receiving on').waitFor();
    await page.getByText('Refund order 1187').first().waitFor();
    expect(await page.evaluate<string[]>('window.shifts')).not.toContain('top');
  });

  it('shows a failed call with its message, and filters by it', async () => {
    const page = await scene.open('/conversations?q=is:error');
    await page.getByText('Is anybody there?').first().waitFor();
    await expect.poll(() => page.locator('.grid .scroller [role=row]').count()).toBe(1);
  });

  it('says what is wrong with a filter, and keeps the last rows', async () => {
    const page = await scene.open('/conversations');
    await page.getByText('Refund order 1187').first().waitFor();
    await page.getByRole('combobox', { name: 'Filter' }).fill('modle:gpt-4o');
    await page.keyboard.press('Enter');
    await page.locator('.problem').waitFor();
    await expect.poll(() => page.locator('.problem').innerText()).toMatch(/modle.*model/s);
    await expect.poll(() => page.locator('.grid .scroller [role=row]').count()).toBeGreaterThan(0);
  });

  it('draws a trace and opens a span by its address', async () => {
    const page = await scene.open('/traces');
    await page.getByText('chat gpt-4o-mini').first().click();
    await page.locator('.span-row').first().click();
    await expect.poll(() => page.url()).toContain('span=');
    const again = await scene.open(page.url().slice(scene.url.length));
    await again.locator('.side-panel').waitFor();
    await expect.poll(() => again.locator('.side-panel').innerText()).toContain('chat gpt-4o-mini');
    await expect.poll(() => again.locator('.span-row .name').allInnerTexts()).toContain('execute_tool get_weather');
  });

  it('shows what arrives while one looks, without a reload', async () => {
    const page = await scene.open('/conversations');
    await page.getByText('Refund order 1187').first().waitFor();
    const before = await page.locator('.grid .scroller [role=row]').count();
    await scene.run('./application.mjs');
    await expect.poll(() => page.locator('.grid .scroller [role=row]').count()).toBeGreaterThan(before);
  });

  it('names the figures that are missing, each with the line that changes it', async () => {
    const attribute = (key: string, value: object) => ({ key, value });
    const span = (spanId: string, attributes: readonly object[]) => ({
      traceId: 'c'.repeat(32),
      spanId,
      name: 'chat',
      startTimeUnixNano: String(BigInt(Date.now() - 1_000) * 1_000_000n),
      endTimeUnixNano: String(BigInt(Date.now()) * 1_000_000n),
      attributes: [
        attribute('gen_ai.operation.name', { stringValue: 'chat' }),
        attribute('gen_ai.conversation.id', { stringValue: 'missing-figures' }),
        ...attributes,
      ],
    });
    const unpriced = [
      attribute('gen_ai.request.model', { stringValue: 'house"model' }),
      attribute('gen_ai.usage.input_tokens', { intValue: '10' }),
      attribute('gen_ai.usage.output_tokens', { intValue: '2' }),
    ];
    const streamed = [
      attribute('gen_ai.request.model', { stringValue: 'gpt-4o' }),
      attribute('gen_ai.request.stream', { boolValue: true }),
    ];
    await sendSpans(scene.url, [span('c'.repeat(16), unpriced), span('d'.repeat(16), streamed)]);
    const page = await scene.open('/conversations?q=model:house*');
    await page.locator('.grid .scroller [role=row]').first().click();
    const notes = page.locator('.columns > .facts .missing-figure');
    await expect.poll(() => notes.count()).toBe(2);
    await expect
      .poll(() => notes.locator('p').allInnerTexts())
      .toEqual(['The stream brought no usage.', 'No price for house"model.']);
    await expect
      .poll(() => notes.locator('code').allInnerTexts())
      .toEqual(['start({ includeUsage: true })', 'start({ prices: { "house\\"model": { input: …, output: … } } })']);
  });

  it('treats everything that a sender wrote as text', async () => {
    const { body, text } = hostileRequest(scene.url);
    const sent = await fetch(`${scene.url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(sent.status).toBe(200);
    const page = await scene.open('/conversations?q=hostile');
    const asked: string[] = [];
    const dialogs: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('dialog', async (dialog) => {
      dialogs.push(dialog.message());
      await dialog.dismiss();
    });
    await page.goto(`${scene.url}/conversations`);
    await page.getByText(text).first().click();
    await page.locator('.markdown').first().waitFor();
    for (const key of ['2', '3', '1']) await page.keyboard.press(key);
    await page.locator('.figures a').first().click();
    await page.locator('.side-panel').waitFor();
    expect(dialogs).toEqual([]);
    expect(asked.filter((url) => !url.startsWith(scene.url) && !url.startsWith('blob:'))).toEqual([]);
    expect(await page.evaluate('window.taken')).toBeUndefined();
    expect(await page.locator('script:not([src]), iframe, object, embed, form').count()).toBe(0);
  });
});
