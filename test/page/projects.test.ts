import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attribute } from './attributes.ts';
import { browserPath, goTo, type Scene, startScene, until } from './browser.ts';
import { startVendors } from './vendors.mjs';

const TRACE = '7e'.repeat(16);
const SPAN = '1d'.repeat(8);
const ID = `${TRACE}:${SPAN}`;
/** The words of both projects. The vendor that refuses does so for the flags. */
const QUESTIONS = { default: 'Where is my order?', shop: 'What does get_flags return?' } as const;
type Project = keyof typeof QUESTIONS;

/** One call of a tool and of a model, with the same ids in each project. */
function spansOf(project: Project): object[] {
  const now = BigInt(Date.now()) * 1_000_000n;
  const messages = (role: string, content: string): string =>
    JSON.stringify([{ role, parts: [{ type: 'text', content }], finish_reason: 'stop' }]);
  const span = (spanId: string, name: string, attributes: readonly object[]) => ({
    traceId: TRACE,
    spanId,
    name,
    kind: 3,
    startTimeUnixNano: String(now - 1_000_000_000n),
    endTimeUnixNano: String(now),
    attributes,
  });
  return [
    span(SPAN, `chat of ${project}`, [
      attribute('gen_ai.operation.name', 'chat'),
      attribute('gen_ai.provider.name', 'openai'),
      attribute('gen_ai.request.model', 'gpt-4o-mini'),
      attribute('gen_ai.conversation.id', 'same-name'),
      attribute('gen_ai.input.messages', messages('user', QUESTIONS[project])),
      attribute('gen_ai.output.messages', messages('assistant', `An answer to ${project}.`)),
    ]),
  ];
}

describe.skipIf(browserPath === undefined)('two projects with equal ids', () => {
  let scene: Scene;
  let vendors: Awaited<ReturnType<typeof startVendors>>;

  beforeAll(async () => {
    vendors = await startVendors();
    scene = await startScene(vendors.environment);
    for (const project of ['default', 'shop'] as const) {
      await fetch(`${scene.url}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-spanport-project': project },
        body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: spansOf(project) }] }] }),
      });
    }
    await until(async () => (await stateOf('shop')) === 'dead' && (await stateOf('default')) === 'delivered');
  });
  afterAll(async () => {
    await scene?.close();
    await vendors?.close();
  });

  // biome-ignore lint/suspicious/noExplicitAny: answers of the API are looked into as they are
  async function interaction(project: Project): Promise<any> {
    const path = `/api/interactions/${encodeURIComponent(ID)}?project=${project}`;
    return (await fetch(`${scene.url}${path}`)).json();
  }

  async function stateOf(project: Project): Promise<string> {
    return (await interaction(project)).deliveries['inkeep'];
  }

  async function conversationOf(project: Project): Promise<Page> {
    const page = await scene.open('/conversations');
    await page.getByText(QUESTIONS[project]).first().click();
    await page.getByText(`An answer to ${project}.`).waitFor();
    return page;
  }

  it.each(['default', 'shop'] as const)(
    'lists both traces, and opens that of %s with its messages',
    async (project) => {
      const page = await scene.open('/traces');
      await page.getByText(`chat of ${project}`).click();
      await page.locator('.span-row').first().click();
      const panel = page.locator('.side-panel');
      await panel.getByText(QUESTIONS[project]).waitFor();
      await page.reload();
      await panel.getByText(`An answer to ${project}.`).waitFor();
      const asked = page.waitForRequest((request) => request.url().endsWith(`/request?project=${project}`));
      await panel.getByRole('button', { name: 'curl' }).click();
      expect(await (await (await asked).response())?.text()).toContain(QUESTIONS[project]);
      await page.keyboard.press('m');
      await page.locator('.message').getByText(QUESTIONS[project]).waitFor();
    },
  );

  it.each(['default', 'shop'] as const)('leads from a message of %s to its payload and its trace', async (project) => {
    const page = await conversationOf(project);
    await page.keyboard.press('j');
    await page.keyboard.press('d');
    await page.locator('.heading h1').getByText(`chat of ${project}`).waitFor();
    await page.keyboard.press('v');
    await page.locator('.meanings').getByText(QUESTIONS[project]).first().waitFor();
    await page.keyboard.press('t');
    await page.locator('.heading h1').getByText(`chat of ${project}`).waitFor();
    await page.locator('.side-panel').waitFor();
    await page.keyboard.press('m');
    await page.locator('.message').first().waitFor();
    await page.keyboard.press('3');
    await page.getByRole('searchbox', { name: /^Find in attributes/ }).fill(QUESTIONS[project]);
    await page.locator('.details .json mark').first().waitFor();
  });

  it('keeps what is searched for in Details while the span is read', async () => {
    const page = await conversationOf('shop');
    let answer = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await page.route('**/api/traces/**', async (route) => {
      await held;
      await route.continue();
    });
    await page.keyboard.press('3');
    const search = page.getByRole('searchbox', { name: /^Find in attributes/ });
    await search.fill('gen_ai.input.messages');
    answer();
    await page.locator('.details .json mark').first().waitFor();
    await expect.poll(() => search.inputValue()).toBe('gen_ai.input.messages');
  });

  it('shows nothing of one project while the address names the other', async () => {
    const path = `/i/${encodeURIComponent(ID)}/destinations/inkeep`;
    const page = await scene.open(`${path}?project=shop`);
    await page.locator('.heading h1').getByText('chat of shop').waitFor();
    let answer = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await page.route(`**/api/interactions/${encodeURIComponent(ID)}`, async (route) => {
      await held;
      await route.continue();
    });
    await goTo(page, path);
    await page.locator('.heading').waitFor({ state: 'detached' });
    answer();
    await page.locator('.heading h1').getByText('chat of default').waitFor();
  });

  it('gives feedback to the answer that it stands next to', async () => {
    const page = await conversationOf('shop');
    await page.getByRole('button', { name: 'Good answer' }).first().click();
    await page.getByRole('textbox', { name: 'Comment' }).fill('Right for the shop');
    await page.keyboard.press('Enter');
    await page.getByText('Right for the shop').first().waitFor();
    const logs = async (): Promise<number[]> => {
      const both = await Promise.all([interaction('default'), interaction('shop')]);
      return both.map(({ feedbackLog }) => feedbackLog.length);
    };
    await expect.poll(logs).toEqual([0, 1]);
  });

  it('compares an interaction of one project with that of the other', async () => {
    const id = encodeURIComponent(ID);
    const page = await scene.open(`/compare?a=${id}&b=${id}&b-project=shop`);
    const heads = page.locator('.compare-title');
    await expect.poll(() => heads.allInnerTexts()).toEqual(['chat of default', 'chat of shop']);
    await page.keyboard.press('w');
    await expect.poll(() => heads.allInnerTexts()).toEqual(['chat of shop', 'chat of default']);
  });

  it('finds both by their id, and opens the reading page of the right one', async () => {
    const page = await scene.open('/conversations');
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: /Search/ }).fill(`#${TRACE}`);
    await page.getByText('trace, shop').click();
    await page.locator('.heading h1').getByText('chat of shop').waitFor();
    await page.goto(`${scene.url}/chat?chatId=same-name&project=default`);
    await page.getByText('An answer to default.').waitFor();
    await page.goto(`${scene.url}/chat?chatId=same-name&project=shop`);
    await page.getByText('An answer to shop.').waitFor();
  });

  it('names the record that was refused, opens it, and sends it again', async () => {
    const page = await scene.open('/destinations');
    const item = page.locator('.needs-you li');
    await item.getByText(QUESTIONS.shop).waitFor();
    await item.getByRole('link', { name: 'Open' }).click();
    await page.locator('.heading h1').getByText('chat of shop').waitFor();
    vendors.accept();
    const writes = () => vendors.received.filter(({ name, method }) => name === 'inkeep' && method !== 'GET');
    const before = writes().length;
    await page.keyboard.press('r');
    await until(async () => (await stateOf('shop')) === 'delivered');
    const sent = writes().slice(before);
    expect(sent.length).toBeGreaterThan(0);
    expect(sent.filter(({ body }) => !body.includes(QUESTIONS.shop))).toEqual([]);
  });
});
