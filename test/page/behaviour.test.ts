import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attribute } from './attributes.ts';
import { browserPath, goTo, type Scene, sendSpans, startScene, until } from './browser.ts';
import { watchText } from './checks.ts';
import { startVendors } from './vendors.mjs';

const rows = '.grid .scroller [role=row]';
const CONVERSATION = 'many-turns';
const TURNS = 70;

/** One call of a model; the third one of ten failed. */
function call(index: number, { conversation = CONVERSATION, at = Date.now() } = {}): object {
  const messages = (role: string, content: string): string =>
    JSON.stringify([{ role, parts: [{ type: 'text', content }], finish_reason: 'stop' }]);
  const start = BigInt(Math.round(at)) * 1_000_000n;
  return {
    traceId: `${conversation === CONVERSATION ? 'b' : 'c'}${index.toString(16).padStart(31, '0')}`,
    spanId: (index + 1).toString(16).padStart(16, '0'),
    name: 'chat gpt-4o-mini',
    kind: 3,
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + 500_000_000n),
    attributes: [
      attribute('gen_ai.operation.name', 'chat'),
      attribute('gen_ai.provider.name', 'openai'),
      attribute('gen_ai.request.model', 'gpt-4o-mini'),
      attribute('gen_ai.conversation.id', conversation),
      attribute('user.id', 'u-9'),
      attribute('gen_ai.input.messages', messages('user', `Question ${index}`)),
      attribute('gen_ai.output.messages', messages('assistant', `Answer ${index}`)),
    ],
  };
}

/** Requests that match are sent, the first one or all; their answers arrive once they are released. */
async function hold(page: Page, pattern: RegExp, { all = false } = {}): Promise<() => void> {
  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let isFirst = true;
  await page.route(pattern, async (route) => {
    if (!all && !isFirst) return route.fallback();
    isFirst = false;
    const response = await route.fetch();
    await released;
    await route.fulfill({ response }).catch(() => {});
  });
  return release;
}

const pathOf = (page: Page): string => new URL(page.url()).pathname;

describe.skipIf(browserPath === undefined)('how the page behaves', () => {
  let scene: Scene;
  let vendors: Awaited<ReturnType<typeof startVendors>>;
  let id: string;

  const send = (...spans: readonly object[]): Promise<void> => sendSpans(scene.url, spans);
  // biome-ignore lint/suspicious/noExplicitAny: answers of the API are looked into as they are
  const ask = async (path: string): Promise<any> => (await fetch(`${scene.url}${path}`)).json();

  beforeAll(async () => {
    vendors = await startVendors();
    scene = await startScene(vendors.environment);
    const begin = Date.now() - 600_000;
    await send(...Array.from({ length: TURNS }, (_, index) => call(index, { at: begin + index * 1_000 })));
    await send(call(900, { conversation: 'short', at: begin }));
    await until(async () => (await ask(`/api/conversations/${CONVERSATION}`)).interactions === TURNS);
    await until(async () => (await ask('/api/conversations/short')).interactions === 1);
    ({ id } = await ask(`/api/conversations/${CONVERSATION}`));
  });
  afterAll(async () => {
    await scene?.close();
    await vendors?.close();
  });

  it('shows where to go from an address that cannot be decoded', async () => {
    const page = await scene.open('/conversations');
    await page.locator(rows).first().waitFor();
    await goTo(page, '/c/%E0%A4');
    await page.locator('.empty').getByText('All conversations').waitFor();
  });

  it('keeps the filter when what has no price is looked for, and takes a term out without its neighbours', async () => {
    const page = await scene.open('/conversations');
    await page.route(/\/api\/summary/, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ json: { ...(await response.json()), unpriced: 2, errors: 1 } });
    });
    await page.goto(`${scene.url}/conversations?q=user:u-9+-is:error+is:error`);
    const hrefs = async (name: string) =>
      new URL((await page.getByRole('link', { name }).getAttribute('href')) ?? '', scene.url).searchParams.get('q');
    await page.getByRole('link', { name: 'without a price' }).waitFor();
    expect(await hrefs('without a price')).toBe('user:u-9 -is:error is:error cost:unknown');
    expect(await hrefs('with errors')).toBe('user:u-9 -is:error');
  });

  it('leads by Escape from a message to the conversation, and from there to the list as it was filtered', async () => {
    const page = await scene.open('/conversations?q=user:u-9');
    await page.locator(rows, { hasText: 'Question 0' }).click();
    await page.locator('.message').first().waitFor();
    await expect.poll(() => page.title()).toBe('Question 0 · Spanport');
    await page.keyboard.press('j');
    await page.locator('.message[aria-current]').waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('.message[aria-current]').count()).toBe(0);
    expect(pathOf(page)).toBe(`/c/${id}`);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.url()).toBe(`${scene.url}/conversations?q=user%3Au-9`);
  });

  it('brings the interaction that is selected into view, by its address and by keys, and says where it stands', async () => {
    const { rows: all } = await ask(`/api/conversations/${id}?limit=500`);
    const page = await scene.open(`/c/${id}/turns?at=${encodeURIComponent(all.at(-2).id)}`);
    const chosen = page.locator('.turns [aria-selected=true]');
    await chosen.waitFor();
    const isInView = async (): Promise<boolean> => {
      const [row, list] = await Promise.all([chosen.boundingBox(), page.locator('.turns .scroller').boundingBox()]);
      return row !== null && list !== null && row.y >= list.y && row.y + row.height <= list.y + list.height + 1;
    };
    await expect.poll(isInView).toBe(true);
    await expect.poll(() => chosen.innerText()).toContain(`Question ${TURNS - 2}`);
    await page.keyboard.press('j');
    await expect.poll(() => chosen.innerText()).toContain(`Question ${TURNS - 1}`);
    await expect.poll(isInView).toBe(true);
    await page.locator('.side-panel').getByText(`turn ${TURNS}`, { exact: true }).waitFor();
  });

  it('compares two interactions that are marked by keys', async () => {
    const page = await scene.open(`/c/${id}/turns`);
    await page.locator('.turns .scroller [role=row]').first().waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    await page.locator('.marked-bar').getByText('Question 0').waitFor();
    await expect.poll(() => page.locator('.turns .row-mark').first().innerText()).toBe('A');
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    await page.keyboard.press('c');
    await page.getByRole('heading', { name: 'Compare two interactions' }).waitFor();
    await expect.poll(() => page.locator('del, ins').allInnerTexts()).toEqual(expect.arrayContaining(['0', '1']));
  });

  it('opens the record behind a mark of the list only once all records are known', async () => {
    const page = await scene.open('/conversations');
    const release = await hold(page, /\/api\/conversations\/[^/?]+\?.*cursor=/);
    const rest = page.waitForRequest(/cursor=/);
    await page.goto(`${scene.url}/c/${id}/destinations/athina`);
    await rest;
    await page.waitForTimeout(100);
    expect(pathOf(page)).toBe(`/c/${id}/destinations/athina`);
    release();
    await expect.poll(() => pathOf(page)).toMatch(/^\/i\/.+\/destinations\/athina$/);
  });

  it('moves by keys through Details, and unfolds what has the focus', async () => {
    const page = await scene.open(`/c/${id}/details`);
    const heads = page.locator('.details summary');
    await expect.poll(() => heads.count()).toBe(TURNS);
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await expect.poll(() => page.evaluate('document.activeElement.innerText')).toContain('Question 1');
    await page.keyboard.press('o');
    await page.locator('.details details[open]', { hasText: 'Question 1' }).locator('.json-line').first().waitFor();
  });

  it('shows the later of two answers, also when the earlier one arrives last', async () => {
    const page = await scene.open('/c/short');
    const turns = page.locator('.heading .totals span').first();
    await expect.poll(() => turns.innerText()).toBe('1 turn');
    const release = await hold(page, /\/api\/conversations\/[^/?]+\?limit=500/);
    const first = page.waitForRequest(/limit=500/);
    await send(call(901, { conversation: 'short' }));
    const held = await first;
    await send(call(902, { conversation: 'short' }));
    await expect.poll(() => turns.innerText()).toBe('3 turns');
    release();
    await (await held.response())?.finished();
    await page.waitForTimeout(100);
    expect(await turns.innerText()).toBe('3 turns');
  });

  it('moves through a menu by arrows, and not through the list behind it', async () => {
    const page = await scene.open('/conversations');
    await page.locator(rows).first().waitFor();
    await page.getByRole('button', { name: 'Last 12 hours' }).click();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => page.evaluate('document.activeElement.innerText')).toBe('Last hour');
    await page.keyboard.press('ArrowUp');
    await expect.poll(() => page.evaluate('document.activeElement.innerText')).toBe('Last 15 minutes');
    expect(await page.locator(`${rows}[aria-selected=true]`).count()).toBe(0);
  });

  it('opens nothing that the palette found for an earlier text', async () => {
    const page = await scene.open('/conversations');
    await page.keyboard.press('Control+k');
    const field = page.getByRole('combobox', { name: 'Search or jump to' });
    await field.fill('Answer');
    await page
      .getByRole('option', { name: /Answer/ })
      .first()
      .waitFor();
    const release = await hold(page, /\/api\/conversations/, { all: true });
    await field.fill('dark colours');
    await page.keyboard.press('Enter');
    await page.locator('html[data-theme=dark]').waitFor();
    expect(pathOf(page)).toBe('/conversations');
    await page.keyboard.press('Control+k');
    await field.fill('Question');
    await page.keyboard.press('Enter');
    expect(pathOf(page)).toBe('/conversations');
    release();
    await expect.poll(() => pathOf(page)).toMatch(/^\/c\//);
  });

  it('closes the palette and the help by the keys that open them, on the reading page as well', async () => {
    const page = await scene.open(`/chat?chatId=${CONVERSATION}`);
    await page.locator('.message').first().waitFor();
    const palette = page.locator('dialog.palette');
    await page.keyboard.press('Control+k');
    await palette.waitFor();
    await page.keyboard.press('Control+k');
    await palette.waitFor({ state: 'detached' });
    const help = page.locator('dialog.help');
    await page.keyboard.press('?');
    await help.waitFor();
    await page.keyboard.press('?');
    await help.waitFor({ state: 'detached' });
  });

  it('takes two keys for one command that follow each other closely, also if the page is too busy to see it', async () => {
    const page = await scene.open('/conversations');
    await page.locator(rows).first().waitFor();
    await page.evaluate(`
      const [first, second] = ['g', 'b'].map((key) => new KeyboardEvent('keydown', { key, bubbles: true }));
      document.body.dispatchEvent(first);
      for (const start = performance.now(); performance.now() - start < 1_100; );
      document.body.dispatchEvent(second);
    `);
    await expect.poll(() => pathOf(page)).toBe('/dashboard');
  });

  it('completes the text that stands in the filter, also where Tab comes before the list is painted', async () => {
    const page = await scene.open('/conversations');
    const field = page.getByRole('combobox', { name: 'Filter' });
    await field.fill('mo');
    await page.getByRole('option', { name: /^model:/ }).waitFor();
    await page.evaluate(`(async () => {
      const input = document.activeElement;
      input.setRangeText('d', 2, 2, 'end');
      input.dispatchEvent(new InputEvent('input', { bubbles: true }));
      await Promise.resolve();
      input.dispatchEvent(new KeyboardEvent('keydown', { key: 'Tab', bubbles: true, cancelable: true }));
    })()`);
    await expect.poll(() => field.inputValue()).toBe('model:');
  });

  it('keeps digits and signs from doing anything as well once single characters are switched off', async () => {
    const page = await scene.open(`/c/${id}`);
    await page.locator('.message').first().waitFor();
    await page.evaluate("localStorage.setItem('spanport.letters', 'off')");
    await page.keyboard.press('2');
    await page.keyboard.press('?');
    await page.keyboard.press('Control+k');
    await page.locator('dialog.palette').waitFor();
    expect(pathOf(page)).toBe(`/c/${id}`);
    expect(await page.locator('dialog.help').count()).toBe(0);
  });

  it('copies where the browser has no clipboard for the page', async () => {
    const page = await scene.open('/conversations');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.addInitScript("Object.defineProperty(navigator, 'clipboard', { value: undefined })");
    await page.goto(`${scene.url}/welcome`);
    const hasAppeared = await watchText(page, 'Copied');
    await page.getByRole('button', { name: 'Copy' }).first().click();
    await expect.poll(hasAppeared).toBe(true);
    await page.keyboard.press('Control+k');
    await page.keyboard.press('Control+v');
    const field = page.getByRole('combobox', { name: 'Search or jump to' });
    await expect.poll(() => field.inputValue()).toBe('node --import spanport/register app.js');
  });

  it('shows the chat that the address names, not the one before it', async () => {
    const page = await scene.open('/chat?chatId=nobody');
    await page.locator('.empty').waitFor();
    await goTo(page, '/chat?chatId=short');
    await page.getByText('Question 900').first().waitFor();
    const release = await hold(page, /\/api\/conversations\/many-turns\?/);
    const asked = page.waitForRequest(/many-turns/);
    await goTo(page, `/chat?chatId=${CONVERSATION}`);
    const late = await asked;
    await goTo(page, '/chat?chatId=short');
    await page.getByText('Question 900').first().waitFor();
    release();
    await (await late.response())?.finished();
    await page.waitForTimeout(100);
    expect(await page.locator('h1').innerText()).toBe('Question 900');
  });

  it('says nothing of destinations and their records before the gateway has answered', async () => {
    const page = await scene.open('/conversations');
    await page.locator(rows).first().waitFor();
    const release = await hold(page, /\/api\/destinations$/, { all: true });
    const asked = page.waitForRequest(/\/api\/destinations$/);
    await page.goto(`${scene.url}/destinations`);
    await asked;
    await page.locator('[aria-busy=true]').waitFor({ state: 'attached' });
    expect(await page.getByText('forwards to no destination').count()).toBe(0);
    release();
    await page.getByRole('row', { name: /^athina / }).waitFor();
    const state = await hold(page, /\/deliveries\?.*state=delivered/, { all: true });
    await page
      .getByRole('row', { name: /^athina / })
      .locator('[data-name=delivered] a')
      .click();
    await page.locator('.heading h1').getByText('athina').waitFor();
    await page.locator('[aria-busy=true]').waitFor({ state: 'attached' });
    expect(await page.locator('.empty').count()).toBe(0);
    state();
    await page.locator('.records tbody tr').first().waitFor();
    await expect.poll(() => page.title()).toBe('athina · Spanport');
  });

  it('keeps the links of the dashboard with the figures that they stand behind', async () => {
    const page = await scene.open('/dashboard');
    const first = page.locator('.group-table tbody tr').first();
    await first.getByText('gpt-4o-mini').waitFor();
    const release = await hold(page, /\/api\/statistics\?.*by=user/, { all: true });
    await page.getByRole('navigation', { name: 'Groups' }).getByText('User').click();
    await expect.poll(() => page.url()).toContain('by=user');
    const href = (await first.getByRole('link').first().getAttribute('href')) ?? '';
    expect(new URL(href, scene.url).searchParams.get('q')).toBe('model:gpt-4o-mini');
    release();
    await first.getByText('u-9').waitFor();
    await expect.poll(() => page.locator('.plot path.dashed').count()).toBe(1);
  });

  it('tells what a retry did only of the conversation that it was for', async () => {
    const page = await scene.open('/conversations');
    await page.route(/\/api\/conversations\?/, async (route) => {
      const response = await route.fetch();
      const list = await response.json();
      const items = list.items.map((item: object) => ({ ...item, deliveries: { athina: 'dead' } }));
      await route.fulfill({ json: { ...list, items } });
    });
    await page.goto(`${scene.url}/conversations?live=off`);
    await page.locator(rows).nth(1).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press(' ');
    const item = page.locator('.peek-destinations li', { hasText: 'athina' });
    await item.getByRole('button', { name: 'Retry' }).click();
    await item.getByText('0 sent again').waitFor();
    await page.keyboard.press('j');
    await item.getByRole('button', { name: 'Retry' }).waitFor();
  });

  it('saves feedback once, and has thumbs at the foot of a phone', async () => {
    const phone = await scene.open('/c/short', { width: 390, height: 844 });
    const bar = phone.locator('.turn-bar');
    await bar.getByRole('button', { name: 'Good answer' }).click();
    const release = await hold(phone, /\/api\/feedback/);
    const field = bar.getByRole('textbox', { name: 'Comment' });
    await field.fill('Short and right');
    const foot = async (): Promise<number> => {
      const box = await field.boundingBox();
      return (box?.y ?? 844) + (box?.height ?? 0);
    };
    await expect.poll(foot).toBeLessThanOrEqual(844 - 48);
    await field.press('Enter');
    await field.press('Enter');
    release();
    await phone.locator('.message').getByText('Short and right').waitFor();
    const { items } = await ask('/api/feedback');
    expect(items).toHaveLength(1);
  });

  it('says that a conversation is gone once it was deleted elsewhere', async () => {
    const page = await scene.open('/c/short');
    await page.locator('.message').first().waitFor();
    const short = await ask('/api/conversations/short');
    const deleted = await fetch(`${scene.url}/api/conversations/${short.id}`, {
      method: 'DELETE',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect(deleted.status).toBe(200);
    await page.getByText('There is no conversation').waitFor();
  });
});
