import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attribute, messages } from './attributes.ts';
import { browserPath, goTo, type Scene, sendSpans, startScene, until } from './browser.ts';
import { startVendors } from './vendors.mjs';

const PHONE = { width: 390, height: 844 };
const rows = '.grid .scroller [role=row]';
const MARKDOWN = `Put **both** into <Alert> or <ops@shop.example>.

1. Stop the worker.

\`\`\`sh
systemctl stop worker
\`\`\`

2. Drop the lock.

- [x] done
- [ ] open

| Step | Why it takes this long, in a sentence that has no room on a phone |
|---|---|
| restart | waits |`;

interface Sent {
  readonly trace: string;
  readonly span: string;
  readonly conversation?: string;
  readonly question?: string;
  readonly answer?: string;
  readonly name?: string;
  readonly parent?: string;
  readonly error?: string;
}

function spanOf({ trace, span, conversation, question, answer, name = 'chat gpt-4o', parent, error }: Sent): object {
  const end = BigInt(Date.now()) * 1_000_000n;
  return {
    traceId: trace.repeat(32),
    spanId: span.padStart(16, '0'),
    ...(parent !== undefined && { parentSpanId: parent.padStart(16, '0') }),
    name,
    startTimeUnixNano: String(end - 900_000_000n),
    endTimeUnixNano: String(end),
    ...(error !== undefined && { status: { code: 2, message: error } }),
    attributes: conversation
      ? [
          attribute('gen_ai.operation.name', 'chat'),
          attribute('gen_ai.request.model', 'house-llm'),
          attribute('gen_ai.conversation.id', conversation),
          ...(question ? [attribute('gen_ai.input.messages', messages('user', question))] : []),
          ...(answer ? [attribute('gen_ai.output.messages', messages('assistant', answer))] : []),
          { key: 'gen_ai.usage.input_tokens', value: { intValue: '1200' } },
          { key: 'gen_ai.usage.output_tokens', value: { intValue: '90' } },
        ]
      : [],
  };
}

describe.skipIf(browserPath === undefined)('what the page says of what it does not have', () => {
  let scene: Scene;
  let vendors: Awaited<ReturnType<typeof startVendors>>;

  const send = (...sent: readonly Sent[]): Promise<void> => sendSpans(scene.url, sent.map(spanOf));

  beforeAll(async () => {
    vendors = await startVendors();
    scene = await startScene(vendors.environment);
    await send(
      { trace: 'a', span: 'a1', conversation: 'steps', question: 'How do I restart it?', answer: MARKDOWN },
      { trace: 'b', span: 'b1', conversation: 'failed', question: 'Is anybody there?', error: 'refused' },
    );
    await until(async () => (await fetch(`${scene.url}/api/conversations/failed`)).ok);
  });
  afterAll(async () => {
    await scene?.close();
    await vendors?.close();
  });

  it('does not take what a gateway that is gone did not answer for deleted, and shows it once the gateway is back', async () => {
    const page = await scene.open('/conversations');
    await page.locator(rows).first().waitFor();
    await page.route(/\/api\//, (route) => route.abort());
    await page.goto(`${scene.url}/conversations`);
    await page.locator('.notice').waitFor();
    expect(await page.locator('.notice code').innerText()).toBe(`npx spanport up --port ${new URL(scene.url).port}`);
    for (const [path, place] of [
      ['/c/steps', 'All conversations'],
      [`/t/${'a'.repeat(32)}`, 'All traces'],
    ] as const) {
      await goTo(page, path);
      await page.locator('.empty').getByText(place).waitFor();
      expect(await page.locator('.empty').innerText()).toMatch(/^The gateway does not answer\.\s+All/);
    }
    await page.unroute(/\/api\//);
    await page.locator('.span-row').first().waitFor({ timeout: 60_000 });
  });

  it('goes on with the numbers of a list, has one box for a task, and breaks no word of a table', async () => {
    const page = await scene.open('/c/steps', PHONE);
    const markdown = page.locator('.markdown');
    await markdown.locator('td').first().waitFor();
    const session = await page.context().newCDPSession(page);
    const { nodes } = await session.send('Accessibility.getFullAXTree');
    const markers = nodes.filter(({ role }) => role?.value === 'ListMarker').map(({ name }) => name?.value.trim());
    expect(markers).toEqual(['1.', '2.']);
    expect(await markdown.locator('ul li').allInnerTexts()).toEqual(['☑ done', '☐ open']);
    // A tag next to words that are set in bold is text.
    expect(await markdown.locator('p').first().innerText()).toBe('Put both into <Alert> or <ops@shop.example>.');
    const cell = await markdown.locator('td', { hasText: 'restart' }).boundingBox();
    expect(cell?.height).toBeLessThan(40);
  });

  it('counts a turn that failed, and what has no price', async () => {
    const page = await scene.open('/c/failed');
    await expect.poll(() => page.locator('.heading .totals').innerText()).toMatch(/^1 turn/);
    await page.goto(`${scene.url}/dashboard`);
    await page.getByRole('link', { name: '— USD, 2 without a price' }).waitFor();
  });

  it('claims nothing of a destination that no record went to, and names no service that is not known', async () => {
    const page = await scene.open('/conversations');
    await page.route(/\/api\/conversations\?/, async (route) => {
      const response = await route.fetch();
      const list = await response.json();
      await route.fulfill({
        json: { ...list, items: list.items.map((item: object) => ({ ...item, deliveries: {} })) },
      });
    });
    await page.goto(`${scene.url}/conversations?live=off`);
    await page.locator(rows).first().waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press(' ');
    await expect.poll(() => page.locator('.peek-destinations li').first().innerText()).toContain('not seen here');
    await page.goto(`${scene.url}/traces`);
    await page.locator(rows).first().waitFor();
    expect(await page.locator(`${rows} > :nth-child(3)`).first().innerText()).toBe('—');
  });

  it('lists the keys for a row before one is selected, and the first of them selects it', async () => {
    const page = await scene.open('/conversations');
    await page.locator(rows).first().waitFor();
    await page.keyboard.press('?');
    await expect
      .poll(() => page.locator('.help dt').allInnerTexts())
      .toEqual(expect.arrayContaining(['Peek', 'Messages', 'Trace', 'Mark, to compare']));
    await page.keyboard.press('Escape');
    await page.keyboard.press('m');
    await page.locator(`${rows}[aria-selected=true]`).waitFor();
    expect(new URL(page.url()).pathname).toBe('/conversations');
    await page.keyboard.press('m');
    await expect.poll(() => new URL(page.url()).pathname).toMatch(/^\/c\//);
  });

  it('shows what arrives in a trace, on the dashboard and on the first page, without a reload', async () => {
    await send({ trace: 'c', span: 'c1', name: 'GET /ask' });
    const [trace, dashboard, welcome] = await Promise.all([
      scene.open(`/t/${'c'.repeat(32)}`),
      scene.open('/dashboard'),
      scene.open('/welcome'),
    ]);
    await trace.getByText('1 span, 1 row').waitFor();
    await dashboard.getByText('1 of 2 calls').waitFor();
    const stored = welcome.locator('.gateway-status b').first();
    await expect.poll(() => stored.innerText()).toBe('3 spans stored');
    await send({ trace: 'c', span: 'c2', parent: 'c1', conversation: 'later', question: 'And now?', answer: 'Now.' });
    await trace.getByText('2 spans, 2 rows').waitFor();
    await dashboard.getByText('1 of 3 calls').waitFor();
    await expect.poll(() => stored.innerText()).toBe('4 spans stored');
  });

  it('leaves nothing out on a phone: the model of an answer, and the way from a payload', async () => {
    const page = await scene.open('/c/steps', PHONE);
    await page.locator('.figures').getByText('house-llm').waitFor();
    const answer = await fetch(`${scene.url}/api/conversations/steps`);
    const { rows: all } = (await answer.json()) as { rows: { id: string }[] };
    await page.goto(`${scene.url}/i/${encodeURIComponent(all[0]?.id ?? '')}/destinations/athina`);
    await page.getByRole('link', { name: 'Trace', exact: true }).click();
    await expect.poll(() => new URL(page.url()).pathname).toBe(`/t/${'a'.repeat(32)}`);
  });

  it('keeps bars and what is selected in forced colours', async () => {
    const page = await scene.open('/conversations');
    await page.emulateMedia({ forcedColors: 'active' });
    await page.locator(rows).first().waitFor();
    await page.keyboard.press('j');
    const selected = page.locator(`${rows}[aria-selected=true]`);
    await selected.waitFor();
    const style = (selector: string, name: string): Promise<string> =>
      page.evaluate(
        `getComputedStyle(document.querySelector(${JSON.stringify(selector)})).getPropertyValue('${name}')`,
      );
    // The bars load after the rows.
    await page.locator('.time-strip i').first().waitFor({ state: 'attached' });
    const ground = await style('body', 'background-color');
    expect(await style('.time-strip i', 'background-color')).not.toBe(ground);
    expect(await style(`${rows}[aria-selected=true]`, 'outline-style')).toBe('solid');
  });
});
