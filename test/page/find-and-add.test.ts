import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, type Scene, startScene, until } from './browser.ts';
import { seriousBarriers, settled, watchShifts } from './checks.ts';
import { startVendors } from './vendors.mjs';

const rows = '.grid .scroller [role=row]';

describe.skipIf(browserPath === undefined)('what is found, refused and not set up yet', () => {
  let scene: Scene;
  let vendors: Awaited<ReturnType<typeof startVendors>>;
  /** The conversation, and a trace of it. */
  let id: string;
  let trace: string;

  beforeAll(async () => {
    vendors = await startVendors();
    scene = await startScene(vendors.environment);
    await scene.run('./application.mjs');
    await scene.run('./oncall.mjs');
    await until(async () => {
      const found = await ask('/api/conversations/oncall-2f81');
      id = found.id;
      trace = found.rows[0].traceId;
      return (
        found.rows.length === 5 &&
        found.rows.every((row: { deliveries: Record<string, string> }) => row.deliveries['inkeep'] === 'dead')
      );
    });
  });
  afterAll(async () => {
    await scene?.close();
    await vendors?.close();
  });

  // biome-ignore lint/suspicious/noExplicitAny: the answers of the API, each of another form
  const ask = async (path: string): Promise<any> => (await fetch(scene.url + path)).json();

  it('says in the peek why a destination refused, without moving what is there', async () => {
    const page = await scene.open(`/conversations?peek=${id}`);
    await page.locator(rows).first().waitFor();
    const shifts = await watchShifts(page);
    const inkeep = page.locator('.peek-destinations li', { hasText: 'inkeep' });
    await expect
      .poll(() => inkeep.innerText())
      .toMatch(/5 refused, one cause\s+Retry\s+422, messages\.2\.properties\.tool_results: string too long/);
    expect(await shifts()).toEqual([]);
    expect(await page.locator('.peek-destinations li', { hasText: 'athina' }).innerText()).not.toContain('cause');
  });

  it('says of how many a filter leaves so many, in lists and in a trace', async () => {
    const all = (await ask('/api/summary?since=12h')).conversations;
    expect(all).toBeGreaterThan(1);
    const page = await scene.open('/conversations?q=user:u-204');
    await expect.poll(() => page.locator('.filter-result').innerText()).toMatch(new RegExp(`^[1-9]\\d* of ${all}$`));
    await page.goto(`${scene.url}/t/${trace}`);
    await page.locator('.span-row').first().waitFor();
    const spans = (await ask(`/api/traces/${trace}`)).items as { status: string }[];
    const failed = spans.filter(({ status }) => status === 'error').length;
    await page.keyboard.press('/');
    await page.keyboard.type('err');
    await expect.poll(() => page.locator('.find small').innerText()).toBe(`${failed} of ${spans.length}`);
  });

  it('leads to the lines that add a destination to those that the gateway has', async () => {
    const page = await scene.open('/destinations', { height: 600 });
    await page.locator('.destination-table').waitFor();
    const section = page.locator('.not-set-up');
    await expect.poll(() => section.locator('li').count()).toBe(6);
    await page.keyboard.press('a');
    await expect.poll(() => section.locator('li').count()).toBeGreaterThan(10);
    await expect.poll(() => page.evaluate('document.activeElement.className')).toBe('not-set-up');
    await section.getByRole('heading', { name: 'Not set up' }).waitFor();
    expect(await section.getByText('LANGFUSE_PUBLIC_KEY').innerText()).toBe(
      'LANGFUSE_PUBLIC_KEY=… LANGFUSE_SECRET_KEY=… npx spanport up --forward athina,reconify,inkeep,requesty,langfuse',
    );
    expect(await seriousBarriers(page)).toEqual([]);
  });

  it('says how long the parts are that the dashboard divides a time into', async () => {
    const page = await scene.open('/dashboard?since=7d');
    await page.getByRole('button', { name: 'Last 7 days, by 2 hours' }).click();
    const asked = page.waitForResponse(/\/api\/statistics\?.*since=1h/);
    await page.getByText('Last hour').click();
    await page.getByRole('button', { name: 'Last hour, by minute' }).waitFor();
    expect((await (await asked).json()).bucketMillis).toBe(60_000);
    await page.goto(`${scene.url}/conversations`);
    await page.getByRole('button', { name: 'Last 12 hours', exact: true }).waitFor();
  });

  it('shows in a shared chat that a tool failed', async () => {
    const page = await scene.open('/chat?chatId=oncall-2f81');
    await settled(page);
    const failed = page.locator('.call.has-failed');
    expect(await failed.innerText()).toMatch(/get_flags.*failed after.*flags\.internal did not answer/s);
    const red = await page.evaluate<string>(
      'getComputedStyle(document.querySelector(".call.has-failed .result")).color',
    );
    expect(red).toBe('rgb(179, 38, 30)');
  });
});
