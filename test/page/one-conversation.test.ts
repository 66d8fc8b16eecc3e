import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page, Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Span } from '../../src/gateway/api/routes.ts';
import { readTraceJson } from '../../src/otlp/read-json.ts';
import { duration, money } from '../../src/ui/format.ts';
import { browserPath, indexed, type Scene, startScene, until } from './browser.ts';
import { isWanted, seriousBarriers, settled, watchText, writeScreen } from './checks.ts';
import { hostileRequest } from './hostile.ts';
import { startVendors } from './vendors.mjs';

const SCREENS = fileURLToPath(new URL('../../docs/screens', import.meta.url));

interface Known {
  readonly id: string;
  readonly run: string;
  readonly runId: string;
  /** The call of the run's second tool. */
  readonly call: string;
  readonly trace: string;
  /** The interactions of the conversation, the first one first. */
  readonly rows: readonly { readonly id: string; readonly traceId: string; readonly spanId: string }[];
}

describe.skipIf(browserPath === undefined)('one conversation, its runs, traces and destinations', () => {
  let scene: Scene;
  let vendors: Awaited<ReturnType<typeof startVendors>>;
  let known: Known;

  beforeAll(async () => {
    vendors = await startVendors();
    scene = await startScene({ ...vendors.environment, SPANPORT_JAEGER_URL: 'http://127.0.0.1:16686' });
    await scene.run('./oncall.mjs');
    await until(async () => {
      const { rows } = await ask(scene, '/api/conversations/oncall-2f81');
      return (
        rows.length === 5 &&
        rows.every((row: { deliveries: Record<string, string> }) => row.deliveries['inkeep'] === 'dead')
      );
    });
    known = await knownOf(scene);
  });
  afterAll(async () => {
    await scene?.close();
    await vendors?.close();
  });

  it('shows words, an image from its bytes, folded reasoning, and tools with their results and failures', async () => {
    const page = await scene.open(`/c/${known.id}`);
    await page.getByText('The step is at').waitFor();
    const calls = async (): Promise<string[]> => (await page.locator('.call header b').allTextContents()).slice(0, 3);
    await expect.poll(calls).toEqual(['query_metrics', 'list_deploys', 'get_flags']);
    const failed = page.locator('.call.has-failed');
    await expect.poll(() => failed.innerText()).toMatch(/get_flags.*failed after.*flags\.internal did not answer/s);
    await expect.poll(() => page.locator('.blob img').getAttribute('src')).toMatch(/^blob:/);
    await expect.poll(() => page.locator('.blob figcaption').innerText()).toContain('420 × 118');
    expect(await page.getByText('The panel shows a step').isVisible()).toBe(false);
    await page.getByText('Reasoning, 384 tokens').click();
    await expect.poll(() => page.getByText('The panel shows a step').isVisible()).toBe(true);
    await expect.poll(() => page.locator('.markdown .code small').first().innerText()).toBe('sql');
    await expect.poll(() => page.locator('.markdown pre b').allTextContents()).toContain('SELECT');
    await expect.poll(() => page.locator('.columns > .facts').innerText()).toMatch(/u-204, Mara Lindt.*5 refused/s);
  });

  it('splits the cost into input and output, with cached and reasoning tokens as parts', async () => {
    const page = await scene.open(`/c/${known.id}`);
    await expect
      .poll(() => page.locator('.columns > .facts .figures-table tr').allTextContents())
      .toEqual([
        'Input15,9440.001518',
        'of it cached11,6480.000874',
        'Output1,3330.000800',
        'of it reasoning3840.000230',
        'USD0.002318',
      ]);
    const title = await page.locator('.message.assistant .figures span[title]').first().getAttribute('title');
    expect(title).toMatch(/^0\.0004926 USD, computed: input 0\.000210, output 0\.000283$/);
  });

  it('unfolds what is selected by O, and everything by Shift+O', async () => {
    const page = await scene.open(`/c/${known.id}`);
    await page.getByText('failed after').waitFor();
    const reasoning = page.getByText('The panel shows a step');
    const system = page.locator('p.plain', { hasText: 'Never roll back by yourself' });
    await page.keyboard.press('e');
    await page.locator('.message[aria-current]').waitFor();
    await page.keyboard.press('o');
    await expect.poll(() => reasoning.isVisible()).toBe(true);
    expect(await system.isVisible()).toBe(false);
    await page.keyboard.press('o');
    await expect.poll(() => reasoning.isVisible()).toBe(false);
    await page.keyboard.press('Shift+O');
    await expect.poll(async () => (await system.isVisible()) && (await reasoning.isVisible())).toBe(true);
  });

  it('draws the last hours of each destination, with what waits and what was refused', async () => {
    const page = await scene.open('/destinations');
    const bars = (name: string) => page.getByRole('row', { name: new RegExp(`^${name} `) }).getByRole('img');
    await expect.poll(() => bars('athina').getAttribute('aria-label')).toMatch(/^\d+ delivered$/);
    await expect.poll(() => bars('inkeep').getAttribute('aria-label')).toMatch(/delivered, \d+ records refused$/);
    await expect.poll(() => bars('requesty').getAttribute('aria-label')).toMatch(/^0 delivered, \d+ waiting$/);
    await expect.poll(() => bars('inkeep').locator('.bad').getAttribute('d')).toMatch(/^M/);
    await expect.poll(() => bars('athina').locator('.bad').getAttribute('d')).toBe('');
  });

  it('moves by keys through messages, and the address names the one that is selected', async () => {
    const page = await scene.open(`/c/${known.id}`);
    await page.getByText('failed after').waitFor();
    await page.keyboard.press('e');
    await expect.poll(() => page.url()).toContain('#turn-1.');
    const failed = page.url();
    await page.keyboard.press('j');
    await expect.poll(() => page.url()).not.toBe(failed);
    const again = await scene.open(page.url().slice(scene.url.length));
    await again.locator('.message[aria-current]').waitFor();
    await expect.poll(() => again.locator('.message[aria-current]').innerText()).toContain('The step is at');
  });

  it('takes feedback with reasons and a comment, keeps it and sends it on', async () => {
    const page = await scene.open(`/c/${known.id}#turn-1.3`);
    await page.getByRole('button', { name: 'Bad answer' }).first().click();
    await page.getByText('Goes to athina and inkeep as feedback, and stays here.').waitFor();
    await page.getByRole('button', { name: 'Incomplete' }).click();
    await page.getByRole('textbox', { name: 'Comment' }).fill('Names the wrong deploy');
    await page.keyboard.press('Enter');
    await page.locator('.facts:visible .given').getByText('Names the wrong deploy').waitFor();
    const { items } = await ask(scene, '/api/feedback');
    expect(items[0]).toMatchObject({
      rating: 'negative',
      comment: 'Names the wrong deploy',
      reasons: [{ label: 'Incomplete' }],
    });
    await until(async () =>
      vendors.received.some(({ name, body }) => name === 'inkeep' && body.includes('Names the wrong deploy')),
    );
  });

  it('names each interaction of Details by its own words', async () => {
    const page = await scene.open(`/c/${known.id}/details`);
    await expect.poll(() => page.locator('.details summary').nth(1).innerText()).toContain('The step is at 10:04:50');
  });

  it('lists interactions and tools as turns, with attributes beside them that can be searched', async () => {
    const page = await scene.open(`/c/${known.id}/turns`);
    await expect.poll(() => page.locator('.turns .scroller [role=row]').count()).toBe(7);
    await page.keyboard.press('j');
    await page.getByText(/\d+ attributes/).waitFor();
    await page.getByRole('searchbox', { name: 'Find in attributes' }).fill('token');
    await expect.poll(() => page.locator('.json mark').count()).toBeGreaterThan(3);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const hasAppeared = await watchText(page, 'Copied');
    await page.getByRole('button', { name: 'curl' }).click();
    await expect.poll(hasAppeared).toBe(true);
    const curl = await page.evaluate<string>('navigator.clipboard.readText()');
    expect(curl).toContain('"authorization: Bearer $OPENAI_API_KEY"');
    expect(curl).toContain('/v1/chat/completions');
    expect(curl).toContain('What changed?');
  });

  it('draws a run with what requests saw of it, the tools of the application, and where the time went', async () => {
    const page = await scene.open(`/c/${known.run}/run/${known.runId}`);
    await page.locator('.segment.action').waitFor();
    const segments = (): Promise<string[]> => page.locator('.segment em').allTextContents();
    await expect.poll(segments).toEqual(expect.arrayContaining(['requires_action', 'not seen']));
    await expect
      .poll(() => page.locator('.requests td:nth-child(4)').allTextContents())
      .toEqual(expect.arrayContaining(['queued', 'requires_action, 2 calls', 'completed']));
    await expect
      .poll(() => page.locator('.requests td:nth-child(3)').allTextContents())
      .toContain(`/threads/…/runs/${known.runId.slice(0, 8)}…`);
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await expect.poll(() => page.locator('.side-panel').innerText()).toMatch(/refund_policy.*damage, within 60 days/s);
    // The panel reads the span of the tool.
    await expect
      .poll(() => page.locator('.side-panel').innerText())
      .toMatch(/Ran in\s+your application, traceTool.*Took\s+[\d.]+ m?s, so the run waited [\d.]+ m?s longer/s);
    const [tool, itself] = await page.locator('.side-panel dd a').evaluateAll((all) => all.map((link) => link.href));
    const { rows } = await ask(scene, `/api/conversations/${known.run}`);
    expect(itself).toBe(`${scene.url}/t/${rows[0].traceId}?span=${rows[0].spanId}`);
    await page.goto(tool ?? '');
    await page.locator('.side-panel').getByText('execute_tool refund_policy').waitFor();
  });

  it('has the figures of the run in its heading, and leads to its trace and its payloads', async () => {
    const { rows } = await ask(scene, `/api/conversations/${known.run}`);
    const [{ inputTokens, outputTokens, cost, traceId, spanId, id }] = rows;
    const page = await scene.open(`/c/${known.run}/run/${known.runId}`);
    const totals = page.locator('.heading .totals');
    await expect
      .poll(() => totals.locator('> *').allInnerTexts())
      .toEqual([
        known.runId,
        'completed',
        '2 steps',
        '2 tools',
        `${inputTokens + outputTokens} tokens`,
        `${money(cost)} USD`,
        duration(rows[0].duration),
      ]);
    const actions = page.locator('.heading .actions');
    await expect
      .poll(() => actions.getByRole('link', { name: 'Trace' }).getAttribute('href'))
      .toBe(`/t/${traceId}?span=${spanId}`);
    await page.keyboard.press('d');
    await expect.poll(() => new URL(page.url()).pathname).toContain(`/i/${encodeURIComponent(id)}/destinations/`);
    await page.goBack();
    await actions.getByRole('button', { name: 'More', exact: true }).click();
    await page.getByRole('dialog', { name: 'More' }).getByRole('button', { name: 'Share' }).click();
    await page.getByRole('dialog', { name: 'Share' }).waitFor();
  });

  it('moves through the calls of a run by the arrows of its panel, and folds a step without hiding the call that is shown', async () => {
    const page = await scene.open(`/c/${known.run}/run/${known.runId}`);
    const lanes = page.locator('.lane-row.inner');
    await lanes.first().click();
    const panel = page.locator('.side-panel');
    const [previous, next] = [panel.getByLabel('Previous call'), panel.getByLabel('Next call')];
    await expect.poll(() => previous.isDisabled()).toBe(true);
    await next.click();
    await panel.getByRole('heading', { name: 'refund_policy' }).waitFor();
    await expect.poll(() => new URL(page.url()).searchParams.get('step')).toBe(known.call);
    await expect.poll(() => next.isDisabled()).toBe(true);
    await page.keyboard.press('k');
    await panel.getByRole('heading', { name: 'find_order' }).waitFor();
    await page.getByRole('button', { name: 'Calls of step 1' }).click();
    await expect.poll(() => lanes.count()).toBe(0);
    await expect.poll(() => new URL(page.url()).searchParams.has('step')).toBe(false);
    await page.keyboard.press('j');
    await expect
      .poll(() => lanes.locator('.lane-name').allInnerTexts())
      .toEqual([expect.stringContaining('find_order')]);
  });

  it('draws a step from the request before the wait to the one that sent the results: it took that long at most', async () => {
    const { rows } = await ask(scene, `/api/conversations/${known.run}`);
    const { events } = await spanOf(scene, rows[0]);
    const at = events.findIndex(({ attributes }) => attributes['spanport.run.status'] === 'requires_action');
    const submit = events.find(({ attributes }) => attributes['spanport.run.request'] === 'submit');
    const sent = (submit?.time ?? 0) - Number(submit?.attributes['spanport.run.request_duration']) * 1_000;
    const page = await scene.open(`/c/${known.run}/run/${known.runId}`);
    await page
      .locator('.bar-time')
      .getByText(`${duration((sent - (events[at - 1]?.time ?? 0)) / 1_000)} at most`)
      .waitFor();
  });

  it('shows the interaction that the address names, also if the answer about an earlier one comes after its own', async () => {
    const pathOf = (row: number): string => `/i/${encodeURIComponent(known.rows[row]?.id ?? '')}/destinations/athina`;
    const page = await scene.open(pathOf(1));
    await page.getByText('2 of 5').waitFor();
    const held = new Promise<Route>((resolve) => {
      const first = new RegExp(`/api/interactions/${encodeURIComponent(known.rows[0]?.id ?? '')}(\\?|$)`);
      page.route(first, (route) => resolve(route)).catch(() => {});
    });
    await page.keyboard.press('[');
    const route = await held;
    await page.goBack();
    await page.getByText('2 of 5').waitFor();
    const late = page.waitForResponse((response) => response.url() === route.request().url());
    await route.continue();
    await (await late).finished();
    // Time for a page that shows it nevertheless; one that does not has nothing to wait for.
    await page.waitForTimeout(300);
    expect(new URL(page.url()).pathname).toBe(pathOf(1));
    await page.getByText('2 of 5').waitFor();
  });

  it('shows the call that is chosen on a phone, and names nothing across another name or tick', async () => {
    const phone = await scene.open(`/c/${known.run}/run/${known.runId}`, { width: 390, height: 844 });
    await phone.locator('.lane-row.tool').first().click();
    const heading = phone.locator('.side-panel').getByText('find_order').first();
    await expect.poll(async () => (await heading.boundingBox())?.y ?? 844).toBeLessThan(780);
    const tablet = await scene.open(`/c/${known.run}/run/${known.runId}`, { width: 1024, height: 768 });
    await tablet.locator('.segment.action').waitFor();
    await settled(tablet);
    const overflowing = await tablet
      .locator('.lane-name')
      .evaluateAll((all) => all.filter((name) => name.scrollWidth > name.clientWidth).map((name) => name.textContent));
    expect(overflowing).toEqual([]);
    const overlapping = await tablet.locator('.lanes').evaluate((lanes) => {
      const boxes = (selector: string) =>
        [...lanes.querySelectorAll(selector)].map((each) => each.getBoundingClientRect());
      return boxes('.tick-name').filter((name) =>
        boxes('.tick').some(({ left }) => left > name.left && left < name.right - 1),
      ).length;
    });
    expect(overlapping).toBe(0);
  });

  it('keeps the tabs of a span on one line and within the panel on a tablet, and labels the axis on a phone', async () => {
    const path = `/t/${known.trace}?span=${known.rows[0]?.spanId}`;
    const tablet = await scene.open(path, { width: 1024, height: 768 });
    await tablet.locator('.side-panel').getByText('Requested', { exact: true }).waitFor();
    await settled(tablet);
    const heights = await tablet
      .locator('.panel-tabs [role=tab]')
      .evaluateAll((all) => all.map((tab) => tab.getBoundingClientRect().height));
    // Two lines are 40 px high.
    expect(Math.max(...heights)).toBeLessThan(40);
    expect(await tablet.locator('.panel-tabs').evaluate((tabs) => tabs.scrollWidth - tabs.clientWidth)).toBe(0);
    const phone = await scene.open(`/t/${known.trace}`, { width: 390, height: 844 });
    await phone.locator('.times i').first().waitFor();
    await settled(phone);
    const [axis, label] = await Promise.all([
      phone.locator('.times').boundingBox(),
      phone.locator('.times i').nth(1).boundingBox(),
    ]);
    expect(axis?.height).toBeGreaterThanOrEqual(20);
    expect(label?.y).toBeLessThan((axis?.y ?? 0) + 5);
  });

  it('shows how long each request of a run took, and that the wait for the tools ends when their results are sent', async () => {
    const { rows } = await ask(scene, `/api/conversations/${known.run}`);
    const { events } = await spanOf(scene, rows[0]);
    const durations = events.map(({ attributes }) => Number(attributes['spanport.run.request_duration']));
    const page = await scene.open(`/c/${known.run}/run/${known.runId}`);
    await page.locator('.segment.action').waitFor();
    await expect
      .poll(() => page.locator('.requests td:nth-child(5)').allTextContents())
      .toEqual(durations.map(duration));
    const paths = await page.locator('.requests td:nth-child(3)').allTextContents();
    expect(paths.at(0)).toBe('/threads/…/runs');
    expect(paths.at(-1)).toBe('/threads/…/messages');
    await expect
      .poll(() => page.locator('.where-list').innerText())
      .toMatch(/\d m?s your tools.*\d m?s create and submit/s);
    const ticks = await page
      .locator('.lane .tick:not(.end)')
      .evaluateAll((all) => all.map((tick) => tick.getBoundingClientRect().width));
    // The messages were listed after the end of the run.
    expect(ticks.length).toBe(durations.length - 1);
    expect(Math.min(...ticks)).toBeGreaterThanOrEqual(1);
    const action = page.locator('.segment.action');
    await expect.poll(() => action.getAttribute('title')).toMatch(/^requires_action, /);
    await expect
      .poll(() => action.locator('xpath=following-sibling::*[1]').getAttribute('class'))
      .toBe('segment request');
  });

  it('shows the chunks of a streamed answer next to the time to its first one', async () => {
    const [row] = known.rows;
    if (!row) throw new Error('no interaction');
    const chunks = (await spanOf(scene, row)).attributes['spanport.response.chunk.count'];
    expect(chunks).toBeGreaterThan(3);
    const figure = new RegExp(`\\d+ m?s, ${chunks} chunks$`);
    const page = await scene.open(`/c/${known.id}/turns`);
    await expect.poll(() => page.locator('.turns .latency').first().getAttribute('title')).toMatch(figure);
    const trace = await scene.open(`/t/${row.traceId}?span=${row.spanId}`);
    await trace.getByText(figure).first().waitFor();
    const messages = await scene.open(`/c/${known.id}`);
    await messages.locator('.figures').getByText(`${chunks} chunks`).first().waitFor();
  });

  it('names the tokens of a trace above its waterfall', async () => {
    const { inputTokens, outputTokens } = await ask(scene, `/api/traces/${known.trace}`);
    expect(inputTokens + outputTokens).toBeGreaterThan(1_912);
    const page = await scene.open(`/t/${known.trace}`);
    const tokens = `${(inputTokens + outputTokens).toLocaleString('en-US')} tokens`;
    await page.locator('.totals').getByText(tokens).waitFor();
  });

  it('finds spans of a trace, opens one by its address, links to Jaeger, and downloads the trace as OTLP', async () => {
    const page = await scene.open(`/t/${known.trace}?span=${known.rows[0]?.spanId}`);
    await page.locator('.side-panel').getByText('Requested', { exact: true }).waitFor();
    await expect
      .poll(() => page.getByRole('link', { name: 'Jaeger' }).getAttribute('href'))
      .toBe(`http://127.0.0.1:16686/trace/${known.trace}`);
    await page.getByRole('searchbox', { name: 'Find or filter spans' }).fill('err');
    await expect
      .poll(() => page.locator('.span-row:not(.context) .name').allInnerTexts())
      .toEqual(['execute_tool get_flags']);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'OTLP' }).click(),
    ]);
    const { records } = readTraceJson(JSON.parse(await readFile(await download.path(), 'utf8')));
    expect(records.map(({ name }) => name)).toContain('execute_tool get_flags');
  });

  it('shows the payload that a destination refused, the field it complains of, and sends it again', async () => {
    const id = encodeURIComponent(known.rows[1]?.id ?? '');
    const page = await scene.open(`/i/${id}/destinations/inkeep`);
    await page.getByText('refused this record for good').waitFor();
    await expect.poll(() => page.locator('.payload-request header').innerText()).toContain('/conversations');
    await expect.poll(() => page.locator('.request-headers').innerText()).toContain('authorization: ***');
    await expect.poll(() => page.locator('.json-line.bad').innerText()).toContain('tool_results');
    vendors.accept();
    await page.keyboard.press('r');
    await expect.poll(() => page.locator('.payload-list a[aria-current]').innerText()).toMatch(/inkeep\s+200/);
  });

  it('keeps the request below what became of the record on a tablet', async () => {
    const path = `/i/${encodeURIComponent(known.rows[2]?.id ?? '')}/destinations/inkeep`;
    const page = await scene.open(path, { width: 1024, height: 768 });
    await page.locator('.payload-request .json-line').first().waitFor();
    await settled(page);
    const [facts, request] = await Promise.all([
      page.locator('.payload-body dl').last().boundingBox(),
      page.locator('.payload-request').boundingBox(),
    ]);
    expect((facts?.y ?? 0) + (facts?.height ?? 0)).toBeLessThan(request?.y ?? 0);
  });

  it('shows what a destination would get that is not set up', async () => {
    const id = encodeURIComponent(known.rows[0]?.id ?? '');
    const page = await scene.open(`/i/${id}/destinations/kore`);
    await page.getByText('would get this with').waitFor();
    await page.locator('.payload-request .json-line').first().waitFor();
    await expect.poll(() => page.locator('.payload-list').innerText()).toContain('not set up, would get');
  });

  it('sets two payloads side by side by meaning, changes one by a key, and swaps them', async () => {
    const id = encodeURIComponent(known.rows[1]?.id ?? '');
    const page = await scene.open(`/i/${id}/destinations/inkeep`);
    await page.locator('.payload-columns').waitFor();
    await page.keyboard.press('v');
    await expect.poll(() => page.url()).toContain('left=');
    await page.goto(`${scene.url}/i/${id}/destinations/inkeep?left=athina&right=inkeep`);
    const row = (name: string) =>
      page.locator('.meanings tr').filter({ has: page.getByRole('rowheader', { name, exact: true }) });
    await row('Conversation').waitFor();
    await expect.poll(() => row('Conversation').innerText()).toMatch(/session_id\s+oncall-2f81\s+=.*id\s+oncall-2f81/s);
    await expect
      .poll(() => row('User’s name').innerText())
      .toMatch(/no place for it.*userProperties\.fullName\s+Mara Lindt/s);
    await page.keyboard.press('w');
    await expect.poll(() => page.url()).toMatch(/left=inkeep&right=athina/);
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => page.url()).toContain('right=reconify');
  });

  it('reads as a shared chat without the frame', async () => {
    const page = await scene.open(`/c/${known.id}`);
    await page.locator('.message').first().waitFor();
    await page.keyboard.press('s');
    await page.getByRole('link', { name: 'Reading page' }).click();
    await expect.poll(() => page.url()).toContain('/chat?chatId=oncall-2f81');
    await page.getByText('Two places read the table').waitFor();
    expect(await page.locator('.top').count()).toBe(0);
  });

  const views = (): readonly (readonly [name: string, path: string, selector: string])[] => {
    const one = encodeURIComponent(known.rows[2]?.id ?? '');
    return [
      ['conversation', `/c/${known.id}`, '.markdown'],
      ['turns', `/c/${known.id}/turns?at=${encodeURIComponent(known.rows[1]?.id ?? '')}`, '.json-line'],
      ['details', `/c/${known.id}/details`, '.json-line'],
      ['run', `/c/${known.run}/run/${known.runId}?step=${known.call}`, '.requests'],
      ['chat', '/chat?chatId=oncall-2f81', '.message'],
      ['payload', `/i/${one}/destinations/inkeep`, '.json-line'],
      ['side-by-side', `/i/${one}/destinations/inkeep?left=athina&right=inkeep`, '.meanings tr.same'],
      ['side-by-side-json', `/i/${one}/destinations/inkeep?left=athina&right=inkeep&as=json`, '.json-line'],
      ['destinations', '/destinations', '.destination-table'],
      ['destination', '/destinations/requesty', '.destination-table td'],
    ];
  };

  it('has no serious barrier in any view, in either colour, on a desk, a tablet or a phone', async () => {
    await mkdir(SCREENS, { recursive: true });
    for (const [name, path, selector] of views().filter(([name]) => isWanted(name))) {
      for (const [suffix, options] of [
        ['', {}],
        ['-dark', { dark: true }],
        ['-tablet', { width: 1024, height: 768 }],
        ['-phone', { width: 390, height: 844, dark: true }],
      ] as const) {
        // On a phone the panel of a call covers the lanes.
        const page = await scene.open(suffix === '-phone' ? path.replace(/\?step=.*/, '') : path, options);
        // A font that came too late for the first load is there for the second.
        if (process.env['SPANPORT_WRITE_SCREENS']) await page.reload();
        await page.locator(selector).first().waitFor({ state: 'attached' });
        await settled(page);
        await page.waitForTimeout(300);
        expect((await seriousBarriers(page)).map((each) => `${name}${suffix} ${each}`)).toEqual([]);
        if (suffix !== '-tablet') await writeScreen(page, join(SCREENS, `${name}${suffix}.png`));
        await page.context().close();
      }
    }
  }, 900_000);

  it('treats everything that a sender wrote as text, in every view', async () => {
    const { body } = hostileRequest(scene.url);
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(`${scene.url}/v1/traces`, { method: 'POST', headers, body })).status).toBe(200);
    const trace = '0af7651916cd43dd8448eb211c80319c';
    await until(async () => (await ask(scene, `/api/traces/${trace}`)).interactions === 1);
    const { items } = await ask(scene, `/api/interactions?q=${encodeURIComponent('hostile')}`);
    const { id, conversation, spanId } = items[0];
    const one = encodeURIComponent(id);
    const page = await scene.open(`/c/${conversation}`);
    const seen = watch(page);
    for (const path of [
      `/c/${conversation}`,
      `/c/${conversation}/turns?at=${one}`,
      `/c/${conversation}/details`,
      `/chat?chatId=${conversation}`,
      `/t/${trace}?span=${spanId}`,
      `/i/${one}/destinations/athina`,
      `/i/${one}/destinations/inkeep?left=athina&right=inkeep`,
      `/i/${one}/destinations/inkeep?left=athina&right=inkeep&as=json`,
      '/destinations/athina',
    ]) {
      await page.goto(`${scene.url}${path}`);
      await page.locator('main').waitFor();
      await page.waitForTimeout(400);
      expect(
        await page.locator('script:not([src]), iframe, object, embed, form, .words svg animate, main style').count(),
        path,
      ).toBe(0);
      expect(await page.evaluate('window.taken'), path).toBeUndefined();
      expect(await page.locator('main a[href^="javascript:"], main a[href^="data:"]').count(), path).toBe(0);
    }
    await page.goto(`${scene.url}/t/${trace}?span=${spanId}`);
    for (const tab of ['Attributes', 'Events', 'Raw']) await page.getByRole('tab', { name: tab }).click();
    expect(seen.dialogs).toEqual([]);
    expect(seen.requests.filter((url) => !url.startsWith(scene.url) && !url.startsWith('blob:'))).toEqual([]);
  });

  it('lists the keys of each view in the help', async () => {
    const expected = [
      [`/c/${known.id}`, 'Next message', 'Compare with another conversation'],
      [`/c/${known.id}/turns`, 'Next interaction', 'Trace'],
      [`/t/${known.trace}`, 'Next span', 'Critical path on or off'],
      ['/destinations', 'Next destination'],
    ] as const;
    for (const [path, ...labels] of expected) {
      const page = await scene.open(path);
      await page.locator('[role=row], .message, .span-row, .destination-table').first().waitFor();
      await page.keyboard.press('?');
      const help = page.getByRole('dialog', { name: 'Keys' });
      for (const label of labels) await help.getByText(label, { exact: true }).waitFor();
    }
  });

  it('draws the rows of a trace one below the other, on a desk and on a phone', async () => {
    for (const [width, rowHeight] of [
      [1440, 26],
      [390, 44],
    ] as const) {
      const page = await scene.open(`/t/${known.trace}`, { width });
      await page.locator('.span-row').nth(2).waitFor();
      await settled(page);
      const tops = await page
        .locator('.span-row')
        .evaluateAll((all) => all.map((row) => row.getBoundingClientRect().top));
      for (const [index, top] of tops.entries()) expect(top - (tops[0] ?? 0)).toBe(index * rowHeight);
      const lanes = await page.locator('.span-row .lane').evaluateAll((all) => all.map((lane) => lane.clientWidth));
      expect(new Set(lanes).size).toBe(1);
    }
  });

  it('has no view that scrolls sideways on a phone', async () => {
    const page = await scene.open('/conversations', { width: 390, height: 844 });
    for (const path of [
      '/conversations',
      `/c/${known.id}`,
      `/c/${known.id}/turns`,
      `/c/${known.id}/details`,
      `/c/${known.run}/run/${known.runId}`,
      '/traces',
      `/t/${known.trace}?span=${known.rows[0]?.spanId}`,
      `/i/${encodeURIComponent(known.rows[0]?.id ?? '')}/destinations/inkeep`,
      '/destinations',
      '/destinations/inkeep?state=dead',
      '/dashboard',
      `/compare?a=${known.id}&b=${known.run}`,
      '/welcome',
    ]) {
      await page.goto(scene.url + path);
      await settled(page);
      expect(await page.evaluate<number>('document.documentElement.scrollWidth'), path).toBe(390);
    }
  });

  it('draws a long trace from its outline, and reads what the panel shows of a span once it is selected', async () => {
    const traceId = 'a1'.repeat(16);
    await sendSpans(scene, longTrace(traceId, 400));
    const page = await scene.open(`/t/${traceId}`);
    await page.getByText('400 spans, 400 rows').waitFor();
    await page.getByRole('searchbox', { name: 'Find or filter spans' }).fill('err');
    await expect.poll(() => page.locator('.span-row:not(.context) .name').allInnerTexts()).toEqual(['query 399']);
    await expect.poll(() => page.locator('.span-row.failed-row em').innerText()).toContain('TimeoutError');
    await page.locator('.span-row.failed-row').click();
    await page.locator('.side-panel').getByText('the last of them').waitFor();
  });

  it('brings a span of a long trace into view that its address names', async () => {
    const traceId = 'a5'.repeat(16);
    await sendSpans(scene, longTrace(traceId, 400));
    const page = await scene.open(`/t/${traceId}?span=${(350).toString(16).padStart(16, '0')}`);
    await page.locator('.span-row[aria-selected=true]').getByText('query 349', { exact: true }).waitFor();
    const isInView = async (): Promise<boolean> => {
      const [row, list] = await Promise.all(
        ['.span-row[aria-selected=true]', '.waterfall .scroller'].map((each) => page.locator(each).boundingBox()),
      );
      return !!row && !!list && row.y >= list.y && row.y + row.height <= list.y + list.height;
    };
    await expect.poll(isInView).toBe(true);
  });

  it('draws rows that come into view with the elements of those that leave it', async () => {
    const traceId = 'a2'.repeat(16);
    await sendSpans(scene, longTrace(traceId, 400));
    const page = await scene.open(`/t/${traceId}`);
    await page.getByText('400 spans, 400 rows').waitFor();
    const scrollTo = async (row: number): Promise<void> => {
      await page.locator('.waterfall .scroller').evaluate((scroller, top) => scroller.scrollTo(0, top), row * 26);
      await page.getByText(`query ${row + 5}`, { exact: true }).waitFor();
    };
    await scrollTo(100);
    await page.locator('.span-row').evaluateAll((rows) => rows.map((row) => row.setAttribute('data-known', '')));
    await scrollTo(200);
    expect(await page.locator('.span-row:not([data-known])').count()).toBe(0);
    await expect.poll(() => page.locator('.span-row').count()).toBeGreaterThan(20);
  });

  it('shows Markdown at once in messages that come into view, so that a long conversation scrolls to its end', async () => {
    await sendSpans(scene, [longConversation('scrolled', 300)]);
    const page = await scene.open('/c/scrolled');
    await page.locator('.message .markdown').first().waitFor();
    const plain = await page.evaluate<number>(`(async () => {
      const scroller = document.querySelector('.transcript');
      let found = 0;
      new MutationObserver(() => {
        found += scroller.querySelectorAll('.message.assistant p.plain').length;
      }).observe(scroller, { childList: true, subtree: true });
      for (let step = 0; step < 200 && !scroller.textContent.includes('Answer 299'); step += 1) {
        scroller.scrollTop += scroller.clientHeight / 2;
        await new Promise(requestAnimationFrame);
        await new Promise(requestAnimationFrame);
      }
      return found;
    })()`);
    await page.getByText('Answer 299', { exact: true }).waitFor();
    expect(plain).toBe(0);
  });

  it('says when the clock of a sender is ahead', async () => {
    await sendSpans(scene, [longConversation('ahead', 2, 3_600)]);
    const page = await scene.open('/c/ahead');
    await page.getByText('The clock of the sender is ahead').filter({ visible: true }).waitFor();
    await page.goto(`${scene.url}/t/${'a4'.repeat(16)}`);
    await page.getByText('The clock of its sender is ahead').waitFor();
  });

  it('has the same keys in every view: lists, layers and what is next to them', async () => {
    const page = await scene.open('/conversations?q=is:run');
    await page.locator('.grid .scroller [role=row]').first().waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('4');
    await expect.poll(() => new URL(page.url()).pathname).toContain('/run');
    await page.locator('.segment').first().waitFor();
    await page.keyboard.press('1');
    await expect.poll(() => new URL(page.url()).pathname).toBe(`/c/${known.run}`);
    await page.locator('.message').first().waitFor();
    await page.keyboard.press('2');
    await page.locator('.turns').waitFor();
    await page.keyboard.press('3');
    await page.locator('.details').waitFor();

    await page.goto(`${scene.url}/conversations`);
    await page.locator('.grid .scroller [role=row]').nth(1).waitFor();
    const shown = await page
      .locator('.grid .scroller [role=row]')
      .evaluateAll((all) => all.map((row) => row.getAttribute('data-id') ?? ''));
    const own = shown.indexOf(known.id);
    const [key, back, other] = own > 0 ? ['[', ']', shown[own - 1]] : [']', '[', shown[own + 1]];
    await page.locator(`[data-id="${known.id}"] .row-link`).click();
    await page.locator('.message').first().waitFor();
    await page.keyboard.press(key);
    await expect.poll(() => new URL(page.url()).pathname).toBe(`/c/${encodeURIComponent(other ?? '')}`);
    await page.keyboard.press(back);
    await expect.poll(() => new URL(page.url()).pathname).toBe(`/c/${encodeURIComponent(known.id)}`);
    await page.getByText('failed after').waitFor();
    await page.keyboard.press('Shift+E');
    await page.keyboard.press('e');
    await expect.poll(() => page.url()).toContain('#turn-');
    await page.keyboard.press('d');
    await expect.poll(() => new URL(page.url()).pathname).toMatch(/^\/i\/.+\/destinations\//);

    const payloadOf = (row: number): string =>
      `/i/${encodeURIComponent(known.rows[row]?.id ?? '')}/destinations/inkeep`;
    await page.goto(scene.url + payloadOf(1));
    await page.getByText('2 of 5').waitFor();
    await page.keyboard.press(']');
    await expect.poll(() => new URL(page.url()).pathname).toBe(payloadOf(2));
    await page.getByText('3 of 5').waitFor();
    await page.keyboard.press('[');
    await expect.poll(() => new URL(page.url()).pathname).toBe(payloadOf(1));
  });

  it('marks the conversation for Compare, and leads to the list, where the second one is chosen', async () => {
    const page = await scene.open(`/c/${known.id}`);
    await page.getByRole('button', { name: /^Compare/ }).click();
    await page.locator('.marked-bar').getByText('Mark a second one with').waitFor();
    expect(new URL(page.url()).pathname).toBe('/conversations');
    const selected = page.locator('.grid .scroller [role=row][aria-selected=true]');
    await page.locator('.grid .scroller [role=row]', { hasText: 'Refund order' }).waitFor();
    const select = async (): Promise<string> => {
      await page.keyboard.press('j');
      return selected.innerText();
    };
    await expect.poll(select).toContain('Refund order');
    await page.keyboard.press('x');
    await page.keyboard.press('c');
    await page.getByRole('heading', { name: 'Compare two conversations' }).waitFor();
    expect(new URL(page.url()).searchParams.get('a')).toBe(known.id);
  });

  it('drops one dead letter, which can be undone, and sends again what was delivered', async () => {
    const id = known.rows[3]?.id ?? '';
    const states = async (): Promise<Record<string, string>> =>
      (await ask(scene, `/api/interactions/${encodeURIComponent(id)}`)).deliveries;
    const page = await scene.open(`/i/${encodeURIComponent(id)}/destinations/inkeep`);
    const drop = page.getByRole('button', { name: 'Drop', exact: true });
    await drop.click();
    await page.getByRole('button', { name: 'Undo' }).click();
    await drop.waitFor();
    expect((await states())['inkeep']).toBe('dead');
    await drop.click();
    await page.getByText('Dropped.').waitFor();
    await page.keyboard.press('m');
    await until(async () => (await states())['inkeep'] !== 'dead');

    const sent = (): number => vendors.received.filter(({ name }) => name === 'athina').length;
    const before = sent();
    await page.goto(`${scene.url}/i/${encodeURIComponent(id)}/destinations/athina`);
    await page.getByRole('button', { name: 'Send again' }).click();
    await until(async () => sent() > before);
  });

  it('says why a dead letter could not be dropped, and offers it again', async () => {
    const page = await scene.open(`/i/${encodeURIComponent(known.rows[2]?.id ?? '')}/destinations/inkeep`);
    await page.clock.install();
    await page.reload();
    await page.route(/\/drop(\?|$)/, (route) =>
      route.fulfill({ status: 503, json: { error: { code: 'unavailable', message: 'The store is locked.' } } }),
    );
    const drop = page.getByRole('button', { name: 'Drop', exact: true });
    await drop.click();
    await page.getByText('Dropped.').waitFor();
    await page.clock.fastForward(11_000);
    await drop.waitFor();
    await expect.poll(() => page.locator('.dead-letter .failed').innerText()).toBe('The store is locked.');
  });

  it('sends the interactions of a range to a destination again', async () => {
    const sent = (): number => vendors.received.filter(({ name }) => name === 'athina').length;
    const before = sent();
    const page = await scene.open('/destinations/athina');
    await page.getByRole('button', { name: 'Send again' }).click();
    await page.getByRole('textbox', { name: 'Filter' }).fill('modle:x');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByRole('status').getByText('modle is not a key').waitFor();
    await page.getByRole('textbox', { name: 'Filter' }).fill('is:run');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByText('1 interaction on the way').waitFor();
    await until(async () => sent() > before);
  });

  it('deletes a conversation after a question', async () => {
    const page = await scene.open(`/c/${known.run}`);
    await page.getByRole('button', { name: 'More', exact: true }).click();
    await page.getByRole('button', { name: 'Delete the conversation' }).click();
    await page.getByRole('button', { name: 'Delete it' }).click();
    await expect.poll(() => new URL(page.url()).pathname).toBe('/conversations');
    await expect.poll(async () => (await fetch(`${scene.url}/api/conversations/${known.run}`)).status).toBe(404);
    const gone = await scene.open(`/c/${known.run}`);
    await gone.getByText('There is no conversation').waitFor();
  });
});

function watch(page: Page): { readonly dialogs: string[]; readonly requests: string[] } {
  const seen = { dialogs: [] as string[], requests: [] as string[] };
  page.on('request', (request) => seen.requests.push(request.url()));
  page.on('dialog', async (dialog) => {
    seen.dialogs.push(dialog.message());
    await dialog.dismiss();
  });
  return seen;
}

// biome-ignore lint/suspicious/noExplicitAny: answers of the API are looked into as they are
async function ask(scene: Scene, path: string): Promise<any> {
  return (await fetch(`${scene.url}${path}`)).json();
}

async function spanOf(scene: Scene, { traceId, spanId }: Pick<Span, 'traceId' | 'spanId'>): Promise<Span> {
  return (await ask(scene, `/api/traces/${traceId}?span=${spanId}`)).items[0];
}

async function knownOf(scene: Scene): Promise<Known> {
  const { id, rows } = await ask(scene, '/api/conversations/oncall-2f81');
  const { items } = await ask(scene, `/api/conversations?q=${encodeURIComponent('is:run')}`);
  const { rows: runRows } = await ask(scene, `/api/conversations/${items[0].id}`);
  const { runId, interaction } = runRows[0];
  return { id, rows, trace: rows[0].traceId, run: items[0].id, runId, call: interaction.toolExecutions[1].id };
}

async function sendSpans(scene: Scene, spans: readonly object[]): Promise<void> {
  await fetch(`${scene.url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }),
  });
  await indexed(scene.url);
}

/** One call with its history; the answers are Markdown, each of another height. */
function longConversation(id: string, count: number, secondsAhead = 0): object {
  const said = (role: string, content: string): object => ({ role, parts: [{ type: 'text', content }] });
  const messages = Array.from({ length: count }, (_, index) =>
    index % 2 === 0
      ? said('user', `Question ${index}`)
      : said('assistant', `Answer ${index}\n\n${'- a point\n'.repeat(index % 9)}\n\`\`\`sql\nSELECT 1;\n\`\`\``),
  );
  const now = BigInt(Date.now() + secondsAhead * 1_000) * 1_000_000n;
  const attributes = Object.entries({
    'gen_ai.operation.name': 'chat',
    'gen_ai.conversation.id': id,
    'gen_ai.input.messages': JSON.stringify(messages.slice(0, -1)),
    'gen_ai.output.messages': JSON.stringify(messages.slice(-1)),
  });
  return {
    traceId: (secondsAhead > 0 ? 'a4' : 'a3').repeat(16),
    spanId: 'a3'.repeat(8),
    name: 'chat',
    kind: 3,
    startTimeUnixNano: String(now - 1_000_000_000n),
    endTimeUnixNano: String(now),
    attributes: attributes.map(([key, stringValue]) => ({ key, value: { stringValue } })),
  };
}

/** A root with calls below it, each of another name; the last one failed. */
function longTrace(traceId: string, count: number): object[] {
  const start = BigInt(Date.now() - 60_000) * 1_000_000n;
  return Array.from({ length: count }, (_, index) => ({
    traceId,
    spanId: (index + 1).toString(16).padStart(16, '0'),
    ...(index > 0 && { parentSpanId: '0000000000000001' }),
    name: index === 0 ? 'POST /long' : `query ${index}`,
    kind: 3,
    startTimeUnixNano: String(start + BigInt(index) * 10_000_000n),
    endTimeUnixNano: String(start + BigInt(index === 0 ? count : index + 1) * 10_000_000n),
    ...(index === count - 1 && {
      status: { code: 2 },
      attributes: [
        { key: 'error.type', value: { stringValue: 'TimeoutError' } },
        { key: 'note', value: { stringValue: 'the last of them' } },
      ],
    }),
  }));
}
