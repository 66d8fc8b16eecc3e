import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, type Scene, startScene, until } from './browser.ts';
import { isWanted, seriousBarriers, settled, writeScreen } from './checks.ts';
import { incident, spanIdOf, TRACE } from './incident.mjs';

const SCREENS = fileURLToPath(new URL('../../docs/screens', import.meta.url));
const DESK = { width: 1440, height: 900 };
const TABLET = { width: 1024, height: 768 };
const PHONE = { width: 390, height: 844 };

describe.skipIf(browserPath === undefined)('one trace', () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await startScene({ SPANPORT_JAEGER_URL: 'http://127.0.0.1:16686' });
    await send(scene, incident(Date.now() - 60_000));
    await until(async () => (await fetch(`${scene.url}/api/traces/${TRACE}`)).ok);
  });
  afterAll(() => scene?.close());

  it('draws GenAI and other spans together: waits, errors, equal siblings in one row, and lines of time behind them', async () => {
    const page = await scene.open(`/t/${TRACE}`);
    await page.getByText('271 spans, 24 rows').waitFor();
    await expect.poll(() => page.locator('.span-row.group .name').innerText()).toContain('248 × cache.get');
    await expect.poll(() => page.locator('.span-row.wait-row .name').allInnerTexts()).toEqual(['retry wait']);
    await expect
      .poll(() => page.locator('.span-row.failed-row em').allInnerTexts())
      .toEqual([
        expect.stringContaining('TimeoutError'),
        expect.stringContaining('timeout'),
        expect.stringContaining('429'),
      ]);
    await settled(page);
    const lefts = async (selector: string): Promise<number[]> =>
      page.locator(selector).evaluateAll((all) => all.map((each) => each.getBoundingClientRect().left));
    // Not the one at the beginning. Both are measured again while the width is not settled.
    const apart = async (): Promise<number[]> => {
      const [ticks, lines] = [await lefts('.times .axis-label'), await lefts('.time-lines .axis-line')];
      return ticks.slice(1).map((tick, index) => tick - (lines[index] ?? Number.NaN));
    };
    await expect.poll(apart).toSatisfy((all: number[]) => all.length > 1 && all.every((each) => each === 0));
  });

  it('names the call that a call repeats, if its request had the same messages', async () => {
    const page = await scene.open(`/t/${TRACE}`);
    // Rows move while more of them are on their way.
    await page.getByText('271 spans, 24 rows').waitFor();
    await page.getByText('more on their way').waitFor({ state: 'detached' });
    const calls = page.locator('.span-row', { hasText: 'chat gpt-5-mini' });
    await calls.nth(2).click();
    await page.locator('.side-panel').getByRole('link', { name: '429, 92 ms' }).click();
    await expect.poll(() => new URL(page.url()).searchParams.get('span')).toBe('5a7d00000000000c');
    await calls.nth(3).click();
    await page.locator('.side-panel').getByText('3.90 s, 40 % of the trace').waitFor();
    await page.locator('.side-panel .brief').first().waitFor();
    expect(await page.locator('.side-panel').getByText('Retry of').count()).toBe(0);
  });

  it.each([
    ['a desk', DESK],
    ['a tablet', TABLET],
    ['a phone', PHONE],
  ])('cuts no label of the axis of time on %s, however long the trace is', async (_, size) => {
    const lengths = [7, 1_490, 2_000, 9_840, 80_000, 1_084_000, 11_220_000];
    for (const [index, length] of lengths.entries()) {
      const traceId = `${index}f`.padStart(32, '0');
      await send(scene, oneSpan(traceId, length));
      await until(async () => (await fetch(`${scene.url}/api/traces/${traceId}`)).ok);
      const page = await scene.open(`/t/${traceId}?span=00000000000000aa`, size);
      await page.locator('.side-panel').waitFor();
      if (size === PHONE) await page.keyboard.press('Escape');
      await page.locator('.times .axis-label').first().waitFor();
      await settled(page);
      // There are as many labels as have room, once the width of the axis is known.
      const labels = async (): Promise<object> => {
        const { cut, shown } = await labelsOf(page);
        const isEach = new Set(shown).size === shown.length;
        return { length, cut, first: shown[0], isEach, areSeveral: shown.length > 1 };
      };
      await expect.poll(labels).toEqual({ length, cut: [], first: '0 s', isEach: true, areSeveral: true });
      await page.context().close();
    }
  });

  it('has everything of the heading in a menu on a phone', async () => {
    const page = await scene.open(`/t/${TRACE}`, PHONE);
    await page.locator('.span-row').first().waitFor();
    await page.getByRole('button', { name: 'More', exact: true }).click();
    const menu = page.getByRole('dialog', { name: 'More' });
    await expect.poll(() => menu.getByRole('link', { name: 'Jaeger' }).getAttribute('href')).toContain(TRACE);
    // In the menu alone.
    expect(await page.locator('.heading').getByRole('link', { name: 'Jaeger' }).count()).toBe(1);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      menu.getByRole('button', { name: 'OTLP' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe(`${TRACE}.otlp.json`);
    await menu.getByRole('button', { name: 'Hide the critical path' }).click();
    await expect.poll(() => page.locator('.critical').count()).toBe(0);
  });

  it.runIf(isWanted('trace'))('has no serious barrier, in either colour, on a desk, a tablet or a phone', async () => {
    for (const [suffix, options] of [
      ['', DESK],
      ['-dark', { ...DESK, dark: true }],
      ['-tablet', TABLET],
      ['-phone', { ...PHONE, dark: true }],
    ] as const) {
      const path = suffix === '-phone' ? `/t/${TRACE}` : `/t/${TRACE}?span=${spanIdOf('chat gpt-5-mini')}`;
      const page = await scene.open(path, options);
      // A font that came too late for the first load is there for the second.
      if (process.env['SPANPORT_WRITE_SCREENS']) await page.reload();
      await page
        .locator(suffix === '-phone' ? '.span-row' : '.brief')
        .first()
        .waitFor();
      await settled(page);
      expect(await seriousBarriers(page)).toEqual([]);
      if (suffix !== '-tablet') await writeScreen(page, join(SCREENS, `trace${suffix}.png`));
      await page.context().close();
    }
  });
});

async function send(scene: Scene, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const { status } = await fetch(`${scene.url}/v1/traces`, { method: 'POST', headers, body: JSON.stringify(body) });
  expect(status).toBe(200);
}

function oneSpan(traceId: string, millis: number): object {
  const start = Date.now() - 20_000_000;
  const span = {
    traceId,
    spanId: '00000000000000aa',
    name: 'job',
    startTimeUnixNano: `${start}000000`,
    endTimeUnixNano: `${start + millis}000000`,
  };
  return { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] };
}

/** A label without room is on a second line, which is hidden; one on the first line has to be within its box. */
async function labelsOf(page: Page): Promise<{ readonly cut: string[]; readonly shown: string[] }> {
  const labels = await page.evaluate<{ text: string; isShown: boolean; isCut: boolean }[]>(`
    [...document.querySelectorAll('.times .axis-label')].map((label) => {
      const range = document.createRange();
      range.selectNodeContents(label);
      const [text, box] = [range.getBoundingClientRect(), label.getBoundingClientRect()];
      const limit = Math.min(box.right, document.documentElement.clientWidth);
      return { text: label.textContent, isShown: text.top < box.bottom, isCut: text.right > limit + 0.5 };
    })
  `);
  const shown = labels.filter(({ isShown }) => isShown);
  return { cut: shown.filter(({ isCut }) => isCut).map(({ text }) => text), shown: shown.map(({ text }) => text) };
}
