import { writeFileSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { PNG } from 'pngjs';
import { expect } from 'vitest';
import { palettePng } from './palette-png.ts';

/** Barriers that axe finds, without those of little impact. */
export async function seriousBarriers(page: Page): Promise<string[]> {
  await shownWhole(page);
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  return serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}

/** What fades in has less contrast until it is there. Animations without an end go on. */
async function shownWhole(page: Page): Promise<void> {
  await page.evaluate(`
    Promise.allSettled(
      document.getAnimations()
        .filter(({ effect }) => effect.getComputedTiming().endTime !== Infinity)
        .map(({ finished }) => finished)
    ).then(() => true)
  `);
}

const written = process.env['SPANPORT_WRITE_SCREENS'];

/** With the names of views in SPANPORT_WRITE_SCREENS, only these are looked at; with `1`, all. */
export function isWanted(view: string): boolean {
  return written === undefined || written === '1' || written.split(',').includes(view);
}

/** A picture for the documents. */
export async function writeScreen(page: Page, path: string): Promise<void> {
  if (written === undefined) return;
  writeFileSync(path, palettePng(PNG.sync.read(await page.screenshot())));
}

/** The live stream never ends: what counts is that nothing is loading any more. */
export async function settled(page: Page): Promise<void> {
  await page.locator('main').waitFor();
  await expect.poll(() => page.locator('[aria-busy=true]').count()).toBe(0);
  await page.evaluate('document.fonts.ready.then(() => true)');
}

/**
 * Layout shifts from now on, without those that follow an input: the classes of what moved. A right-aligned figure or age
 * that counts up begins further left, and a total with one more digit moves its word within the room of both: that is none.
 */
export async function watchShifts(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(`
    window.shifts = [];
    new PerformanceObserver((list) => {
      for (const { hadRecentInput, sources } of list.getEntries()) {
        if (hadRecentInput) continue;
        const parents = sources.flatMap(({ node }) => node?.parentElement ?? []);
        window.shifts.push(...parents.filter((each) => !each.closest('.number, .above, .sum')).map((each) => each.className));
      }
    }).observe({ type: 'layout-shift' });
  `);
  return () => page.evaluate<string[]>('window.shifts');
}

/** Sees a text or label also if it goes away again soon: whether it has been on the page since now. */
export async function watchText(page: Page, text: string): Promise<() => Promise<boolean>> {
  await page.evaluate(`
    window.hasAppeared = false;
    new MutationObserver(() => {
      window.hasAppeared ||= document.body.innerHTML.includes(${JSON.stringify(text)});
    }).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
  `);
  return () => page.evaluate<boolean>('window.hasAppeared');
}

/** Everything that a page loads and every dialog that it opens. */
export function watchAttacks(page: Page): { readonly requests: string[]; readonly dialogs: string[] } {
  const seen = { requests: [] as string[], dialogs: [] as string[] };
  page.on('request', (request) => seen.requests.push(request.url()));
  page.on('dialog', async (dialog) => {
    seen.dialogs.push(dialog.message());
    await dialog.dismiss();
  });
  return seen;
}
