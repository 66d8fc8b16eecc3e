import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, type Scene, startScene } from './browser.ts';
import { seriousBarriers } from './checks.ts';

const TOKEN = 'a-token-that-is-long-enough';

describe.skipIf(browserPath === undefined)('a gateway with a token', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await startScene({ SPANPORT_TOKEN: TOKEN });
  });
  afterAll(() => scene?.close());

  it('is signed in to once, with a cookie that scripts cannot read', async () => {
    const page = await scene.open('/dashboard?by=user');
    // Exact: a chart of the dashboard is labelled with tokens too.
    const token = page.getByLabel('Token', { exact: true });
    await token.waitFor();
    expect(await page.locator('main').innerText()).toContain('--token');
    expect(await page.getByText('does not answer').count()).toBe(0);
    expect(await seriousBarriers(page)).toEqual([]);
    await token.fill('not-the-token-of-it');
    await page.keyboard.press('Enter');
    await page.getByText('The token is wrong.').waitFor();
    await token.fill(TOKEN);
    await page.getByRole('button', { name: 'Sign in' }).click();
    // The address is the one that was opened.
    await page.getByText('receiving on').waitFor();
    expect(new URL(page.url()).pathname).toBe('/dashboard');
    expect(await page.evaluate('document.cookie')).toBe('');
    const [cookie] = await page.context().cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
    await page.reload();
    await page.getByText('receiving on').waitFor();
    await page.getByRole('img', { name: 'Tokens over time' }).waitFor();
    expect(await token.count()).toBe(0);
  });

  it('says in a page that is open that its cookie is of an earlier start', async () => {
    const page = await scene.open('/conversations');
    await page.getByLabel('Token', { exact: true }).fill(TOKEN);
    await page.keyboard.press('Enter');
    await page.getByText('receiving on').waitFor();
    await page.context().clearCookies();
    // The stream of events is refused, as after a restart.
    await scene.restart();
    await page.getByLabel('Token', { exact: true }).waitFor();
  });
});
