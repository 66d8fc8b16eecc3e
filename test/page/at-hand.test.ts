import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attribute, messages } from './attributes.ts';
import { browserPath, type Scene, sendSpans, startScene, until } from './browser.ts';
import { seriousBarriers, settled, watchShifts } from './checks.ts';
import { startVendors } from './vendors.mjs';

const PHONE = { width: 390, height: 844 };
const rows = '.grid .scroller [role=row]';
const MARKDOWN = `| Month | Calls | USD |
|:------|:-----:|----:|
| May   |  1204 | 3.1 |`;

describe.skipIf(browserPath === undefined)('what is at hand: find, keys, menus, words and room to touch', () => {
  let scene: Scene;
  let vendors: Awaited<ReturnType<typeof startVendors>>;
  /** The conversation and its run, each by its id, and a trace with its first interaction. */
  let known: {
    readonly id: string;
    readonly run: string;
    readonly runId: string;
    readonly trace: string;
    readonly interaction: string;
  };

  // biome-ignore lint/suspicious/noExplicitAny: the answers of the API, each of another form
  const ask = async (path: string): Promise<any> => (await fetch(scene.url + path)).json();

  beforeAll(async () => {
    vendors = await startVendors();
    scene = await startScene(vendors.environment);
    await scene.run('./oncall.mjs');
    await sendSpans(scene.url, [answered(MARKDOWN)]);
    await until(async () => {
      const { rows: own } = await ask('/api/conversations/oncall-2f81');
      return (
        own.length === 5 &&
        own.every((row: { deliveries: Record<string, string> }) => row.deliveries['inkeep'] === 'dead') &&
        (await ask('/api/conversations/months')).rows.length === 1
      );
    });
    const { id, rows: own } = await ask('/api/conversations/oncall-2f81');
    const { items } = await ask('/api/conversations?q=is:run');
    const { rows: runs } = await ask(`/api/conversations/${items[0].id}`);
    known = {
      id,
      run: items[0].id,
      runId: runs[0].runId,
      trace: own[0].traceId,
      interaction: own[0].id,
    };
  });
  afterAll(async () => {
    await scene?.close();
    await vendors?.close();
  });

  const tinted = (page: Page): Promise<string[]> =>
    page.evaluate<string[]>("[...(CSS.highlights.get('found') ?? [])].map(String)");

  it('finds words in messages, also in what is folded, and leads from one match to the next', async () => {
    const page = await scene.open(`/c/${known.id}`);
    await page.getByText('failed after').waitFor();
    const shifts = await watchShifts(page);
    await page.keyboard.press('/');
    const field = page.getByRole('searchbox', { name: 'Find in messages', exact: true });
    await expect
      .poll(() => page.evaluate("document.activeElement.getAttribute('aria-label')"))
      .toBe('Find in messages');
    // What is found later opens folds, and that moves what follows.
    expect(await shifts()).toEqual([]);
    await page.keyboard.type('prices');
    const note = page.locator('.find-in-messages small');
    await expect.poll(() => note.innerText()).toBe('1 of 4');
    await expect.poll(() => page.locator('.message[aria-current]').innerText()).toContain('FROM prices');
    await expect.poll(() => tinted(page)).toContain('prices');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('.message[aria-current]').innerText()).toContain('Who else reads the prices');
    await page.keyboard.press('Shift+Enter');
    await expect.poll(() => note.innerText()).toBe('1 of 4');
    // Reasoning is folded until something in it is found; words are found across the marks of Markdown.
    await field.fill('flags are the usual causes');
    await expect.poll(() => page.getByText('The panel shows a step').isVisible()).toBe(true);
    await field.fill('10:04:50, and one deploy fits: 8f3c1e2 went');
    await expect.poll(() => tinted(page)).toEqual(['10:04:50, and one deploy fits: 8f3c1e2 went']);
    // Of a long result only the first lines are shown.
    await field.fill('file-207.ts');
    await expect.poll(() => tinted(page)).toContain('file-207.ts');
    await field.fill('nothing of the kind');
    await expect.poll(() => note.innerText()).toBe('0');
    expect(await seriousBarriers(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await expect.poll(() => tinted(page)).toEqual([]);
    const opacity = "getComputedStyle(document.querySelector('.find-in-messages .find')).opacity";
    await expect.poll(() => page.evaluate(opacity)).toBe('0');
  });

  it('leads to the field that finds from the menu of a phone', async () => {
    const page = await scene.open(`/c/${known.id}`, PHONE);
    await page.getByText('failed after').waitFor();
    await page.getByRole('button', { name: 'More', exact: true }).click();
    await page.getByRole('button', { name: /^Find in messages/ }).click();
    await page.keyboard.type('umbrella');
    await expect.poll(() => page.locator('.find-in-messages small').innerText()).toBe('0');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
  });

  it('has what can be done with the conversation of the peek in a menu, each with its key', async () => {
    const page = await scene.open(`/conversations?peek=${known.id}`);
    const more = page.locator('.peek').getByRole('button', { name: 'More', exact: true });
    await more.click();
    const entries = page.locator('.peek .menu-panel button');
    await expect
      .poll(async () => (await entries.allInnerTexts()).map((text) => text.replace(/\s+/g, ' ')))
      .toEqual([
        'Messages M',
        'Turns 2',
        'Details 3',
        'Trace T',
        'What each destination got D',
        'Mark, to compare X',
        'Copy a link Y',
        'Retry its dead letters R',
      ]);
    expect(await seriousBarriers(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await expect.poll(() => entries.count()).toBe(0);
    expect(await page.locator('.peek').count()).toBe(1);
    await more.click();
    await entries.filter({ hasText: 'Turns' }).click();
    await expect.poll(() => new URL(page.url()).pathname).toBe(`/c/${known.id}/turns`);
  });

  it('stands still in every view that follows what arrives, and goes on', async () => {
    const page = await scene.open('/c/months#turn-1');
    await page.locator('.message[aria-current]').waitFor();
    await page.keyboard.press('l');
    const goOn = page.getByRole('button', { name: /^not live/ });
    await goOn.waitFor();
    expect(new URL(page.url()).hash).toBe('#turn-1');
    await sendSpans(scene.url, [answered('It is over.', 'd')]);
    await until(async () => (await ask('/api/conversations/months')).rows.length === 2);
    // The list of another page shows it, so that this one would, too.
    const other = await scene.open('/c/months');
    await expect.poll(() => other.locator('.heading .totals').innerText()).toMatch(/^2\s+turns/);
    expect(await page.locator('.heading .totals').innerText()).toMatch(/^1\s+turn/);
    await goOn.click();
    await expect.poll(() => page.locator('.heading .totals').innerText()).toMatch(/^2\s+turns/);
    await page.goto(`${scene.url}/traces`);
    await page.locator(rows).first().waitFor();
    await page.keyboard.press('l');
    await goOn.waitFor();
    await page.keyboard.press('l');
    await goOn.waitFor({ state: 'detached' });
  });

  it('marks two answers of a conversation by X and compares them by C', async () => {
    const page = await scene.open(`/c/${known.id}`);
    await page.getByText('failed after').waitFor();
    await page.keyboard.press('e');
    await page.locator('.message[aria-current]').waitFor();
    await page.keyboard.press('x');
    await page.locator('.marked-bar').getByText('Mark a second one with').waitFor();
    await page.keyboard.press('j');
    await expect.poll(() => page.locator('.message[aria-current]').innerText()).toContain('The step is at');
    await page.keyboard.press('x');
    await page
      .locator('.marked-bar')
      .getByRole('link', { name: /^Compare/ })
      .waitFor();
    await page.keyboard.press('c');
    await page.getByRole('heading', { name: 'Compare two interactions' }).waitFor();
  });

  it('opens and closes what is next to turns and spans by Space', async () => {
    for (const path of [`/c/${known.id}/turns`, `/t/${known.trace}`]) {
      const page = await scene.open(path);
      await page.locator('.turns [role=row], .span-row').nth(1).waitFor();
      const query = (): Promise<string> => page.evaluate<string>('location.search');
      const panel = page.locator('.side-panel');
      await page.keyboard.press('j');
      await panel.waitFor();
      const first = await query();
      await page.keyboard.press('j');
      await expect.poll(query).not.toBe(first);
      const second = await query();
      await page.keyboard.press(' ');
      await panel.waitFor({ state: 'detached' });
      await page.keyboard.press(' ');
      await panel.waitFor();
      await expect.poll(query).toBe(second);
    }
  });

  it('sends a time range again to a destination that is chosen in the list of all', async () => {
    const sent = (): number => vendors.received.filter(({ name }) => name === 'reconify').length;
    const before = sent();
    const page = await scene.open('/destinations');
    await page.getByRole('button', { name: 'Send a time range again', exact: true }).click();
    const form = page.getByRole('dialog', { name: 'Send again', exact: true });
    await form.getByRole('combobox', { name: 'Destination', exact: true }).selectOption('reconify');
    await form.getByText('also what reconify has already got').waitFor();
    expect(await seriousBarriers(page)).toEqual([]);
    await form.getByRole('textbox', { name: 'Filter', exact: true }).fill('is:run');
    await form.getByRole('button', { name: 'Send', exact: true }).click();
    await form.getByText('1 interaction on the way').waitFor();
    await until(async () => sent() > before);
  });

  it('says in words what nothing matches', async () => {
    for (const [q, words] of [
      ['cost>1 is:error', 'No conversation in the last 12 hours costs more than 1 USD and ended with an error.'],
      [
        'user:u-9,u-10 duration>2h',
        'No conversation in the last 12 hours is of the user u-9 or u-10 and took more than 2 h 00 m.',
      ],
      ['-is:tool cost>1', 'No conversation in the last 12 hours matches -is:tool cost>1.'],
    ] as const) {
      const page = await scene.open(`/conversations?q=${encodeURIComponent(q)}`);
      await expect.poll(() => page.locator('.empty h2').innerText()).toBe(words);
    }
  });

  it('names who gave feedback, where that is known', async () => {
    const { items } = await ask('/api/interactions?limit=1&q=id:oncall-2f81');
    const { interaction } = await ask(`/api/interactions/${encodeURIComponent(items[0].id)}`);
    const response = await fetch(`${scene.url}/inkeep/feedback`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer any' },
      body: JSON.stringify({
        type: 'positive',
        messageId: interaction.responseId,
        details: 'Found it faster than I did.',
        userProperties: { userId: 'u-311' },
      }),
    });
    expect(response.status).toBeLessThan(300);
    const page = await scene.open(`/conversations?peek=${known.id}`);
    await expect
      .poll(() => page.locator('.peek-feedback').filter({ hasText: 'Found it faster' }).innerText())
      .toMatch(/u-311/);
    await page.goto(`${scene.url}/c/${known.id}`);
    await expect.poll(() => page.locator('.facts:visible .given').innerText()).toMatch(/Found it faster.*u-311/s);
  });

  it('sets the columns of a table as its author did', async () => {
    const page = await scene.open('/c/months');
    const table = page.locator('.markdown table');
    await table.waitFor();
    const sides = "[...document.querySelectorAll('.markdown td')].map((cell) => getComputedStyle(cell).textAlign)";
    expect(await page.evaluate(sides)).toEqual(['left', 'center', 'right']);
  });

  it('shows what a backend of OTLP would get before it is set up', async () => {
    const page = await scene.open('/destinations');
    const langfuse = page.locator('.not-set-up li', { hasText: 'langfuse' });
    await langfuse.getByRole('link', { name: 'Dry run', exact: true }).click();
    await expect.poll(() => new URL(page.url()).pathname).toMatch(/\/destinations\/langfuse$/);
    await page.getByText('This gateway does not forward to langfuse.').waitFor();
    await page.getByText('protobuf, shown as JSON').waitFor();
    await expect.poll(() => page.locator('.payload-request').innerText()).toContain('resourceSpans');
    expect(await seriousBarriers(page)).toEqual([]);
  });

  it('has room for a finger at what the first screen of each view has on a phone', async () => {
    const missed: string[] = [];
    for (const path of [
      '/conversations',
      `/conversations?peek=${known.id}`,
      `/c/${known.id}`,
      `/c/${known.id}/turns`,
      `/c/${known.id}/details`,
      '/traces',
      `/i/${encodeURIComponent(known.interaction)}/destinations/inkeep`,
      '/destinations',
      '/destinations/inkeep?state=dead',
      '/dashboard',
      `/compare?a=${known.id}&b=${known.run}`,
      '/welcome',
    ]) {
      const page = await scene.open(path, PHONE);
      await settled(page);
      for (const each of await tooSmall(page)) missed.push(`${path}: ${each}`);
      await page.context().close();
    }
    expect(missed).toEqual([]);
  });
});

/**
 * What a finger of 36 px misses: elements that do not react 18 px above and below, nor, without words, at both sides. Links
 * within a sentence and the brackets of JSON are part of a text.
 */
function tooSmall(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`
    [...document.querySelectorAll('a[href], button:enabled, select, summary, input')].flatMap((element) => {
      const { left, top, width, height } = element.getBoundingClientRect();
      const x = left + Math.min(width / 2, 60);
      const y = top + height / 2;
      const reacts = (dx, dy) => {
        const at = document.elementFromPoint(x + dx, y + dy);
        return at?.closest('a[href], button, select, summary, label:has(input)')?.contains(element) || element.contains(at);
      };
      // It is scrolled away from there before anybody touches it.
      const isUnderBar = [-17, 0, 17].some((dy) => {
        const bar = document.elementFromPoint(x, y + dy)?.closest('.tabs-below, .turn-bar');
        return bar && !bar.contains(element);
      });
      const isInText = getComputedStyle(element).display === 'inline' && element.parentElement.textContent.trim() !== element.textContent.trim();
      if (width === 0 || isInText || element.matches('.json-mark') || isUnderBar || !reacts(0, 0) || y < 20 || y > innerHeight - 20) return [];
      const misses = !reacts(0, -17) || !reacts(0, 17) || (element.innerText === '' && (!reacts(-17, 0) || !reacts(17, 0)));
      return misses ? [element.outerHTML.slice(0, 120)] : [];
    })
  `);
}

function answered(answer: string, trace = 'c'): object {
  const end = BigInt(Date.now()) * 1_000_000n;
  return {
    traceId: trace.repeat(32),
    spanId: trace.repeat(16),
    name: 'chat gpt-4o-mini',
    startTimeUnixNano: String(end - 900_000_000n),
    endTimeUnixNano: String(end),
    attributes: [
      attribute('gen_ai.operation.name', 'chat'),
      attribute('gen_ai.request.model', 'gpt-4o-mini'),
      attribute('gen_ai.conversation.id', 'months'),
      attribute('gen_ai.input.messages', messages('user', 'And now?')),
      attribute('gen_ai.output.messages', messages('assistant', answer)),
    ],
  };
}
