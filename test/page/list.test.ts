import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attribute, messages } from './attributes.ts';
import { browserPath, indexed, type Scene, sendSpans, startScene } from './browser.ts';
import { isWanted, seriousBarriers, settled, watchAttacks, watchShifts, writeScreen } from './checks.ts';
import { sendDay } from './day.mjs';
import { hostileRequest } from './hostile.ts';
import { startVendors } from './vendors.mjs';

const SCREENS = fileURLToPath(new URL('../../docs/screens', import.meta.url));
/** Views whose columns depend on the width. */
const WIDE_VIEWS = ['list', 'list-peek', 'traces', 'compare', 'dashboard'];
const tooLong = [
  422,
  { title: 'Unprocessable Content', detail: 'messages.2.properties.tool_results: too long' },
] as const;
const busy = [503, { success: false, error: 'upstream connect error' }, { 'retry-after': '600' }] as const;
const rows = '.grid .scroller [role=row]';
const selected = `${rows}[aria-selected=true]`;

describe.skipIf(browserPath === undefined)('lists and what they lead to', () => {
  let scene: Scene;
  let vendors: Awaited<ReturnType<typeof startVendors>>;

  beforeAll(async () => {
    vendors = await startVendors({
      inkeep: (body) => (body.includes('p99 doubled') ? tooLong : [200, JSON.parse(body)]),
      // The last conversation of the day: what is behind it waits.
      requesty: (body) => (body.includes('status page update') ? busy : [200, { success: true }]),
    });
    scene = await startScene(vendors.environment);
  });
  afterAll(async () => {
    await scene?.close();
    await vendors?.close();
  });

  const query = (page: Page, name: string): string | null => new URL(page.url()).searchParams.get(name);
  const openList = async (path = '/conversations'): Promise<Page> => {
    const page = await scene.open(path);
    await page.getByText('Refund order 1187').first().waitFor();
    return page;
  };

  it('begins with lines to copy, and shows the first conversation without a reload', async () => {
    const page = await scene.open('/');
    await page.getByText('Nothing has arrived yet').waitFor();
    await expect
      .poll(() => page.locator('.line-to-copy code').allInnerTexts())
      .toEqual([
        'node --import spanport/register app.js',
        `OTEL_EXPORTER_OTLP_ENDPOINT=${scene.url}`,
        `ATHINA_BASE_URL=${scene.url}/athina`,
        'npx spanport demo',
        'npx spanport doctor',
      ]);
    const others = await page.getByRole('link', { name: 'other four lines' }).getAttribute('href');
    expect((await fetch(`${scene.url}${others}`)).status).toBe(200);
    expect(await seriousBarriers(page)).toEqual([]);
    await scene.run('./application.mjs');
    await page.getByText('Refund order 1187').first().waitFor();
  });

  it('names the address for OTLP over gRPC where it is received, and says where it is not', async () => {
    const grpcLine = (page: Page) => page.locator('dt', { hasText: 'OTLP, gRPC' }).locator('+ dd');
    const page = await scene.open('/welcome');
    await expect.poll(() => grpcLine(page).innerText()).toBe('off');
    const folder = await mkdtemp(join(tmpdir(), 'spanport-grpc-'));
    const child = spawn(process.execPath, [fileURLToPath(new URL('./grpc-gateway.mjs', import.meta.url)), folder], {
      env: scene.environment,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [started] = await once(child.stdout, 'data');
    const { url, grpcUrl } = JSON.parse(String(started));
    await page.goto(`${url}/welcome`);
    await expect.poll(() => grpcLine(page).innerText()).toBe(new URL(grpcUrl).host);
    expect(grpcUrl).not.toBe(url);
    await page.goto('about:blank');
    child.stdin.end();
    await once(child, 'exit');
    await rm(folder, { recursive: true, force: true });
  });

  it('is used by keys alone: rows, peek, layers, help and places', async () => {
    const page = await openList();
    const titles = await page.locator(`${rows} .row-link`).allInnerTexts();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await expect.poll(() => page.locator(`${selected} .row-link`).innerText()).toBe(titles[1]);
    await expect.poll(() => page.evaluate('document.activeElement.className')).toBe('row-link');
    await page.keyboard.press('k');
    await page.keyboard.press(' ');
    await expect.poll(() => page.locator('.peek h2').innerText()).toBe(titles[0]);
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => page.locator('.peek h2').innerText()).toBe(titles[1]);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('.peek').count()).toBe(0);
    await expect.poll(() => page.locator(`${selected} .row-link`).innerText()).toBe(titles[1]);
    await page.keyboard.press('e');
    await expect.poll(() => page.locator(`${selected} .title`).innerText()).toContain('Connection error');
    await page.keyboard.press('?');
    await expect
      .poll(() => page.locator('.help dt').allInnerTexts())
      .toEqual(expect.arrayContaining(['Next row', 'Peek', 'Filter', 'Mark, to compare', 'Dashboard']));
    await page.keyboard.press('Escape');
    await page.locator('.help').waitFor({ state: 'detached' });
    await page.keyboard.press('Enter');
    await expect.poll(() => new URL(page.url()).pathname).toMatch(/^\/c\//);
    await page.goBack();
    await page.locator(selected).waitFor();
    // The second key counts within a second of the first one, which a busy machine may take longer for.
    const afterBoth = async (): Promise<string> => {
      await page.keyboard.press('g');
      await page.keyboard.press('b');
      return new URL(page.url()).pathname;
    };
    await expect.poll(afterBoth).toBe('/dashboard');
  });

  it('peeks with figures, first and last words', async () => {
    const page = await scene.open('/conversations?q=user:u-17');
    await page.locator(rows).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press(' ');
    const peek = page.locator('.peek');
    await peek.getByText('And Porto?', { exact: true }).waitFor();
    const text = (): Promise<string> => peek.innerText();
    await expect.poll(text).toContain('trip-1042 · 2 turns');
    await expect.poll(text).toMatch(/gpt-4o-[\d-]+, gpt-4o-mini/);
    await expect.poll(text).toContain('get_weather');
    await expect.poll(text).toContain('Do I need an umbrella?');
  });

  it('completes keys and the values that exist, and applies what is valid while it is typed', async () => {
    const page = await openList();
    await page.keyboard.press('/');
    await page.keyboard.type('prom');
    await expect.poll(() => page.getByRole('option').allInnerTexts()).toEqual([expect.stringContaining('prompt:')]);
    await page.keyboard.press('Tab');
    await page.getByRole('option', { name: /^trip-planner/ }).waitFor();
    await page.keyboard.type('tri');
    await expect
      .poll(() => page.getByRole('option').allInnerTexts())
      .toEqual([expect.stringMatching(/^trip-planner\s*3$/)]);
    await page.keyboard.press('Tab');
    await expect.poll(() => query(page, 'q')).toBe('prompt:trip-planner');
    await page.keyboard.type('is:');
    await page.getByRole('option', { name: /^is:tool/ }).waitFor();
    await page.keyboard.type('tool');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Enter');
    await expect.poll(() => query(page, 'q')).toBe('prompt:trip-planner is:tool');
    await expect.poll(() => page.locator(rows).count()).toBe(1);
    await expect.poll(() => page.locator(rows).innerText()).toContain('Lisbon on Saturday');
    await expect.poll(() => page.locator('.filter-result').innerText()).toMatch(/^1 of \d+$/);
  });

  it('offers filters of before and saved ones in the empty field', async () => {
    const page = await openList('/conversations?q=is:run');
    const field = page.getByRole('combobox', { name: 'Filter' });
    await page.getByRole('button', { name: 'Save this view' }).click();
    await field.fill('user:u-17');
    await page.keyboard.press('Enter');
    await expect.poll(() => query(page, 'q')).toBe('user:u-17');
    await field.fill('');
    const options = page.getByRole('option');
    await expect
      .poll(() => options.allInnerTexts())
      .toEqual([expect.stringMatching(/^is:run\s+saved/), expect.stringMatching(/^user:u-17/)]);
    await options.first().click();
    await expect.poll(() => query(page, 'q')).toBe('is:run');
    await page.goBack();
    await expect.poll(() => field.inputValue()).not.toBe('is:run');
  });

  it('underlines a wrong term, names the right one and keeps the last rows', async () => {
    const page = await openList();
    await page.getByRole('combobox', { name: 'Filter' }).fill('modle:gpt-4o ');
    await page.locator('.problem').waitFor();
    await expect.poll(() => page.locator('.problem').innerText()).toBe('modle is not a key. Did you mean model?');
    await expect.poll(() => page.locator('.wrong-term').innerText()).toBe('modle:gpt-4o');
    await expect.poll(() => page.locator(rows).count()).toBeGreaterThan(1);
    expect(query(page, 'q')).toBeNull();
  });

  it('says what an empty list would hold without each condition', async () => {
    const page = await scene.open('/conversations?q=is:error+tokens%3E900000');
    const text = page.locator('.empty');
    await expect.poll(() => text.innerText()).toContain('Without tokens>900000 there is 1.');
    await expect
      .poll(() => text.innerText())
      .toContain('No conversation in the last 12 hours ended with an error and has more than 900,000 tokens.');
  });

  it('says what other times hold when the last hours are empty', async () => {
    const page = await scene.open('/traces');
    await page.route(/\/api\/conversations\?.*since=12h/, (route) => route.fulfill({ json: { items: [] } }));
    await page.goto(`${scene.url}/conversations`);
    await expect
      .poll(() => page.locator('.empty').innerText())
      .toMatch(/No conversation in the last 12 hours\.\s+Without the time there are \d+\./);
  });

  it('writes quick links into the filter', async () => {
    const page = await openList();
    await page.getByRole('navigation', { name: 'Filters' }).getByText('with errors').click();
    await expect.poll(() => query(page, 'q')).toBe('is:error');
    await expect.poll(() => page.locator(rows).count()).toBe(1);
  });

  it('lets new rows wait while a row is selected, and moves nothing', async () => {
    const page = await openList();
    await settled(page);
    await page.keyboard.press('j');
    const before = await page.locator(`${rows} .row-link`).allInnerTexts();
    const shifts = await watchShifts(page);
    await scene.run('./application.mjs');
    await page.getByRole('button', { name: /new, show them/ }).waitFor();
    expect(await page.locator(`${rows} .row-link`).allInnerTexts()).toEqual(before);
    expect(await shifts()).toEqual([]);
    // More may come between the key and the look at it.
    const waiting = async (): Promise<number> => {
      await page.keyboard.press('.');
      return page.getByRole('button', { name: /new, show them/ }).count();
    };
    await expect.poll(waiting).toBe(0);
    await expect.poll(() => page.locator(rows).count()).toBeGreaterThan(before.length);
  });

  it('hides and orders columns, remembers it, and goes back to how they were', async () => {
    const page = await openList();
    const heads = async (): Promise<string[]> =>
      page
        .locator('.grid .heads > [role=columnheader]:not(:has(span)):not(:text("Prompt or assistant"))')
        .allInnerTexts();
    const before = ['Conversation', 'User', 'Model', 'Turns', 'Tools', 'Tokens', 'Duration', 'Last'];
    await expect.poll(heads).toEqual(before);
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('checkbox', { name: 'Tokens' }).uncheck();
    await page.getByRole('button', { name: 'Move Duration to the left' }).click();
    // The button keeps the focus, so that the key moves the column further: before USD, Tokens and Tools.
    for (let step = 0; step < 2; step += 1) await page.keyboard.press('Enter');
    const after = ['Conversation', 'User', 'Model', 'Turns', 'Duration', 'Tools', 'Last'];
    await expect.poll(heads).toEqual(after);
    await page.reload();
    await page.getByText('Refund order 1187').first().waitFor();
    await expect.poll(heads).toEqual(after);
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('button', { name: 'Columns as they were' }).click();
    await expect.poll(heads).toEqual(before);
    await page.goto(`${scene.url}/traces`);
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('button', { name: 'Move Spans to the left' }).click();
    const moved = async (): Promise<string[]> => (await heads()).filter((name) => ['Models', 'Spans'].includes(name));
    await expect.poll(moved).toEqual(['Spans', 'Models']);
  });

  it('opens the payload behind a mark in a row, and keeps the row itself one tab stop', async () => {
    const page = await scene.open('/conversations?q=user:u-17');
    const row = page.locator(rows, { hasText: 'Lisbon' });
    await row.waitFor();
    await expect.poll(() => row.locator('[tabindex="0"]').count()).toBe(1);
    await expect
      .poll(() => row.getByRole('link', { name: 'athina: delivered', exact: true }).getAttribute('tabindex'))
      .toBe('-1');
    await row.getByRole('link', { name: 'athina: delivered', exact: true }).click();
    await expect.poll(() => new URL(page.url()).pathname).toMatch(/^\/i\/.+\/destinations\/athina$/);
    await page.goBack();
    await expect.poll(() => new URL(page.url()).pathname).toBe('/conversations');
  });

  it('takes what is typed into the palette while other views are still loading', async () => {
    const page = await openList();
    let load = (): void => {};
    const typed = new Promise<void>((resolve) => {
      load = resolve;
    });
    await page.route('**/assets/all-*.js', async (route) => {
      await typed;
      await route.continue();
    });
    // Not until everything is loaded: those views may be a part of it.
    await page.reload({ waitUntil: 'domcontentloaded' });
    await page.locator(rows).first().waitFor();
    await page.keyboard.press('Control+k');
    await page.keyboard.type('umbrella');
    load();
    await page.getByRole('option', { name: /I am off to Lisbon/ }).waitFor();
    await page.keyboard.type('s');
    await expect.poll(() => page.getByRole('combobox', { name: 'Search or jump to' }).inputValue()).toBe('umbrellas');
  });

  it('finds commands, conversations, filters and ids in the palette', async () => {
    const page = await openList();
    await settled(page);
    await page.keyboard.press('j');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('umbrella');
    await page.getByRole('option', { name: /I am off to Lisbon/ }).waitFor();
    expect(await seriousBarriers(page)).toEqual([]);
    await page.getByRole('combobox', { name: 'Search or jump to' }).fill('gpt-4o-m');
    await page
      .getByRole('option', { name: /^model:gpt-4o-mini/ })
      .first()
      .waitFor();
    await page.getByRole('combobox', { name: 'Search or jump to' }).fill('>dash');
    await expect.poll(() => page.getByRole('option').count()).toBe(1);
    await page.keyboard.press('Escape');
    const { items } = (await (await fetch(`${scene.url}/api/traces`)).json()) as { items: { traceId: string }[] };
    await page.keyboard.press('Control+k');
    await page.keyboard.type(`#${items[0]?.traceId}`);
    await page.getByRole('option', { name: 'trace' }).waitFor();
    await page.keyboard.press('Enter');
    await expect.poll(() => new URL(page.url()).pathname).toBe(`/t/${items[0]?.traceId}`);
  });

  it('keeps letters from doing anything once they are switched off', async () => {
    const page = await openList();
    await page.keyboard.press('Control+k');
    await page.keyboard.type('single-letter');
    await page.keyboard.press('Enter');
    await page.keyboard.press('j');
    expect(await page.locator(selected).count()).toBe(0);
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => page.locator(selected).count()).toBe(1);
  });

  it('compares two marked conversations word by word, and two interactions of one', async () => {
    const page = await openList();
    await page.locator(rows, { hasText: 'Lisbon on Saturday' }).hover();
    const titles = await page.locator(`${rows} .row-link`).allInnerTexts();
    const at = (title: string): number => titles.findIndex((each) => each.includes(title)) + 1;
    for (const title of ['Lisbon on Saturday', 'Refund order 1187']) {
      await page.keyboard.press('Home');
      for (let step = 1; step < at(title); step += 1) await page.keyboard.press('j');
      await page.keyboard.press('x');
    }
    await expect.poll(() => page.locator('.marked-bar').innerText()).toContain('Compare');
    await page.keyboard.press('c');
    await page.getByText('Compare two conversations').waitFor();
    await expect
      .poll(() => page.locator('del').allInnerTexts())
      .toEqual(expect.arrayContaining([expect.stringContaining('Lisbon')]));
    await expect
      .poll(() => page.locator('ins').allInnerTexts())
      .toEqual(expect.arrayContaining([expect.stringContaining('Refund')]));
    await expect.poll(() => page.locator('.compare-facts').innerText()).toMatch(/Input tokens\s+\d/);
    await page.keyboard.press('w');
    await expect.poll(() => page.locator('.compare-title').first().innerText()).toContain('Refund order 1187');
    await page.keyboard.press('w');
    await page.locator('.compare-title').first().getByText('I am off').waitFor();
    await page.getByRole('button', { name: 'Choose an interaction for A' }).click();
    await page.locator('.menu-panel button').first().click();
    await expect.poll(() => query(page, 'a')).toContain(':');
    await page.keyboard.press('3');
    await page.locator('.attributes').waitFor();
    // The conversation's own stay until those of the interaction are there.
    await expect.poll(() => page.locator('.attributes').innerText()).toContain('usage.inputTokens');
  });

  it('makes every number of the dashboard a link to the list behind it', async () => {
    const page = await scene.open('/dashboard');
    const row = page.getByRole('row', { name: /^gpt-4o-mini\s/ });
    await row.waitFor();
    const found = await fetch(`${scene.url}/api/interactions?q=model:gpt-4o-mini&limit=500`);
    const { items } = (await found.json()) as { items: unknown[] };
    await expect.poll(() => row.locator('[data-name=calls]').allInnerTexts()).toEqual([String(items.length)]);
    await expect.poll(() => row.locator('[data-name=cached]').innerText()).toMatch(/^\d+ %$/);
    await expect
      .poll(() => page.locator('.chart figcaption b').allInnerTexts())
      .toEqual(['Cost', 'Latency', 'Tokens', 'Errors']);
    await page
      .getByRole('row', { name: /^gpt-4o / })
      .locator('[data-name=errors] a')
      .click();
    await expect.poll(() => query(page, 'q')).toBe('model:gpt-4o is:error');
    await expect.poll(() => page.locator(rows).count()).toBeGreaterThan(0);
    await page.goto(`${scene.url}/dashboard?by=user`);
    await page.getByRole('row', { name: /^u-17/ }).waitFor();
    await page.getByRole('navigation', { name: 'Groups' }).getByText('Prompt').click();
    await page.getByRole('row', { name: /^trip-planner/ }).waitFor();
  });

  it('shows what was dragged over in a chart, and the list of it', async () => {
    const page = await scene.open('/dashboard');
    await page.getByRole('row', { name: /^gpt-4o-mini\s/ }).waitFor();
    await settled(page);
    const area = await page.locator('.pointer-area').last().boundingBox();
    if (!area) throw new Error('The chart is not there.');
    await page.mouse.move(area.x + area.width / 2, area.y + 40);
    await page.mouse.down();
    await page.mouse.move(area.x + area.width - 2, area.y + 40, { steps: 4 });
    await page.mouse.up();
    const link = page.getByRole('link', { name: /^Show the \d+$/ });
    await link.waitFor();
    await expect.poll(() => page.locator('.chosen-time').innerText()).toMatch(/\d+ errors of \d+ calls/);
    await link.click();
    await expect.poll(() => query(page, 'q')).toBe('is:error');
    expect(Number(query(page, 'until'))).toBeGreaterThan(Number(query(page, 'since')));
    await expect.poll(() => page.locator(rows).count()).toBeGreaterThan(0);
  });

  it('has no serious barrier, and fits every screen', { timeout: 900_000 }, async () => {
    await mkdir(SCREENS, { recursive: true });
    await sendDay(scene.url);
    await indexed(scene.url);
    const { items } = (await (await fetch(`${scene.url}/api/conversations?q=%22phishing%22`)).json()) as {
      items: { id: string }[];
    };
    const checkout = (await (
      await fetch(`${scene.url}/api/conversations?q=%22Checkout+p99%22`)
    ).json()) as typeof items & {
      items: { id: string }[];
    };
    const views: readonly (readonly [name: string, path: string, keys?: readonly string[]])[] = [
      ['list', '/conversations'],
      ['list-peek', `/conversations?peek=${checkout.items[0]?.id}&q=model:gpt-5*`],
      ['list-filter', '/conversations', ['/', 'is:']],
      ['list-empty', '/conversations?q=is:error+cost%3E5'],
      ['traces', '/traces'],
      ['compare', `/compare?a=${items[0]?.id}&b=${items[1]?.id}`],
      ['dashboard', '/dashboard?since=12h'],
      ['dashboard-prompt', '/dashboard?since=12h&by=prompt'],
      ['palette', '/conversations', ['Control+k', 're']],
      ['help', '/conversations', ['?']],
      ['first-run', '/welcome'],
    ];
    const screens = [
      ['', {}],
      ['-dark', { dark: true }],
      ['-tablet', { width: 1024, height: 768 }],
      ['-phone', { width: 390, height: 844 }],
    ] as const;
    for (const [name, path, keys = []] of views.filter(([name]) => isWanted(name))) {
      for (const [suffix, options] of screens) {
        if (suffix === '-tablet' && !WIDE_VIEWS.includes(name)) continue;
        const page = await scene.open(path, options);
        // A font that came too late for the first load is there for the second.
        if (process.env['SPANPORT_WRITE_SCREENS']) await page.reload();
        await settled(page);
        for (const key of keys)
          await (/^(\/|\?|Control\+.)$/.test(key) ? page.keyboard.press(key) : page.keyboard.type(key));
        await page.waitForTimeout(300);
        expect((await seriousBarriers(page)).map((each) => `${name}${suffix} ${each}`)).toEqual([]);
        expect(`${name}${suffix} ${await page.evaluate('document.documentElement.scrollWidth - innerWidth')}`).toBe(
          `${name}${suffix} 0`,
        );
        await writeScreen(page, join(SCREENS, `${name}${suffix}.png`));
        await page.context().close();
      }
    }
  });

  it('renders the Markdown of a model as elements, and its HTML as text', async () => {
    const answer = [
      '# Plan',
      '1. **Pack** `rain gear`',
      '| city | rain |\n|---|---|\n| Porto | 80 % |',
      '```sql\nselect * from trips\n```',
      '[guide](https://example.com/porto) [bad](javascript:alert(1)) &amp; <b onclick="alert(1)">raw</b>',
      '![map](https://example.com/map.png)',
      'turned \u202Earound',
    ].join('\n\n');
    const span = {
      traceId: 'd'.repeat(32),
      spanId: 'd'.repeat(16),
      name: 'chat gpt-4o',
      startTimeUnixNano: String(BigInt(Date.now() - 1_000) * 1_000_000n),
      endTimeUnixNano: String(BigInt(Date.now()) * 1_000_000n),
      attributes: [
        attribute('gen_ai.operation.name', 'chat'),
        attribute('gen_ai.input.messages', messages('user', 'Markdown, if you can')),
        attribute('gen_ai.output.messages', messages('assistant', answer)),
      ],
    };
    await sendSpans(scene.url, [span]);
    const page = await openList();
    await page.locator(rows, { hasText: 'Markdown, if you can' }).click();
    const markdown = page.locator('.markdown').last();
    await markdown.waitFor();
    expect(await markdown.locator('h1').innerText()).toBe('Plan');
    expect(await markdown.locator('ol li').innerText()).toBe('Pack rain gear');
    expect(await markdown.locator('td').allInnerTexts()).toEqual(['Porto', '80 %']);
    expect(await markdown.locator('.code b').allInnerTexts()).toEqual(['select', 'from']);
    expect(await markdown.locator('a').allInnerTexts()).toEqual(['guide (example.com)']);
    const text = await markdown.innerText();
    expect(text).toContain('[bad](javascript:alert(1)) & <b onclick="alert(1)">raw</b>');
    expect(text).toContain('map (https://example.com/map.png, not loaded)');
    expect(await markdown.locator('[onclick], img').count()).toBe(0);
    expect(await markdown.locator('.hidden-character').allInnerTexts()).toEqual(['U+202E']);
  });

  it('treats everything that a sender wrote as text, in every view', async () => {
    const { body, text } = hostileRequest(scene.url);
    const headers = { 'content-type': 'application/json' };
    await fetch(`${scene.url}/v1/traces`, { method: 'POST', headers, body });
    const page = await openList();
    const seen = watchAttacks(page);
    await page.locator(rows, { hasText: text }).waitFor();
    const { items } = (await (await fetch(`${scene.url}/api/conversations`)).json()) as {
      items: { id: string; title?: string }[];
    };
    const hostile = items.find(({ title }) => title?.startsWith(text))?.id ?? '';
    const other = items.find(({ id }) => id !== hostile)?.id ?? '';
    const views = [
      `/conversations?peek=${hostile}`,
      '/traces',
      ...['model', 'user', 'prompt', 'service', 'tool'].map((by) => `/dashboard?by=${by}`),
      ...['', '&layer=raw', '&layer=attributes'].map((layer) => `/compare?a=${hostile}&b=${other}${layer}`),
    ];
    for (const path of views) {
      await page.goto(scene.url + path);
      await settled(page);
      await page.getByText('window.taken=1').first().waitFor({ state: 'attached' });
    }
    await page.goto(`${scene.url}/conversations`);
    await page.keyboard.press('Control+k');
    await page.keyboard.type('hostile');
    await page.getByRole('option', { name: new RegExp(text) }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('combobox', { name: 'Filter' }).fill('user:<scr');
    await page.getByRole('option', { name: /script/ }).waitFor();
    expect(seen.dialogs).toEqual([]);
    expect(seen.requests.filter((url) => !url.startsWith(scene.url))).toEqual([]);
    expect(await page.evaluate('window.taken')).toBeUndefined();
    expect(await page.locator('script:not([src]), iframe, object, embed, form, img').count()).toBe(0);
  });

  it('moves nothing for those who prefer that', async () => {
    const page = await openList();
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.keyboard.press('Control+k');
    await page.locator('.palette').waitFor();
    await page.waitForTimeout(50);
    const running = 'document.getAnimations().filter(({ playState }) => playState === "running").length';
    expect(await page.evaluate(running)).toBe(0);
  });
});
