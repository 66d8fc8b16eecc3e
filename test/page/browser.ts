import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { freePorts } from '../../collector/server.mjs';
import { cleanEnvironment } from '../../scripts/clean-environment.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const known = [
  process.env['CHROMIUM_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

/** The browser of this system, if it has one. */
export const browserPath = known.find((path) => path !== undefined && existsSync(path));

export interface Scene {
  readonly url: string;
  /** Environment of an application that sends to the gateway. */
  readonly environment: Readonly<Record<string, string>>;
  /** A page of its own, until the end of the test. What the gateway takes from then on reaches its live stream. */
  open(
    path: string,
    options?: { readonly dark?: boolean; readonly width?: number; readonly height?: number },
  ): Promise<Page>;
  /** Until the program has ended and what it sent is on the lists. */
  run(program: string): Promise<void>;
  /** Ends the gateway, and starts it anew at the same address. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** The gateway as `spanport up` starts it, over a folder of its own, and a browser. @param settings of the gateway alone */
export async function startScene(settings: Readonly<Record<string, string>> = {}): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), 'spanport-page-'));
  const [port] = await freePorts(1);
  const environment = {
    ...cleanEnvironment(),
    XDG_DATA_HOME: folder,
    SPANPORT_GATEWAY: `http://127.0.0.1:${port}`,
    SPANPORT_DESTINATIONS: 'spanport',
  } as Record<string, string>;
  const start = (): ChildProcess =>
    spawn(
      process.execPath,
      [join(ROOT, 'dist/cli/main.js'), 'up', '--port', String(port), '--data', join(folder, 'data')],
      {
        env: { ...environment, ...settings },
        stdio: ['ignore', 'ignore', Object.keys(settings).length > 0 ? 'ignore' : 'inherit'],
      },
    );
  const url = `http://127.0.0.1:${port}`;
  const listens = (): Promise<void> => until(async () => (await fetch(`${url}/healthz`)).ok);
  let gateway = start();
  const end = async (): Promise<void> => {
    const ended = new Promise((resolve) => gateway.once('exit', resolve));
    gateway.kill('SIGTERM');
    await ended;
  };
  await listens();
  const browser = await chromium.launch({
    executablePath: browserPath ?? '',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  return {
    url,
    environment,
    open: async (path, options) => openPage(browser, `${url}${path}`, options),
    run: async (program) => {
      await runProgram(program, environment);
      await indexed(url);
    },
    async restart() {
      await end();
      gateway = start();
      await listens();
    },
    close: async () => {
      await browser.close();
      await end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface OpenOptions {
  readonly dark?: boolean;
  readonly width?: number;
  readonly height?: number;
}

async function openPage(
  browser: Browser,
  url: string,
  { dark = false, width = 1440, height = 900 }: OpenOptions = {},
): Promise<Page> {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: dark ? 'dark' : 'light' });
  context.setDefaultTimeout(60_000);
  onTestFinished(() => close(context));
  const page = await context.newPage();
  // The keys that lead to destinations need to know them.
  const answers = ['/api/destinations', '/api/live'].map((path) =>
    page.waitForResponse((response) => response.url() === new URL(path, url).href),
  );
  await Promise.all([...answers, page.goto(url)]);
  return page;
}

/** A handler of requests that is in the middle of one has nothing to answer any more: without a word, it would fail the run. */
async function close(context: BrowserContext): Promise<void> {
  for (const page of context.pages()) await page.unrouteAll({ behavior: 'ignoreErrors' });
  await context.close();
}

/** An application of a user: real client, real server, `--import spanport/register`. */
async function runProgram(program: string, environment: Readonly<Record<string, string>>): Promise<void> {
  const child = spawn(
    process.execPath,
    ['--import', join(ROOT, 'dist/register.js'), fileURLToPath(new URL(program, import.meta.url))],
    {
      cwd: ROOT,
      env: environment,
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new Error(`${program} ended with ${code}`);
}

/** Until everything that the gateway has taken is found by its API. */
export async function indexed(url: string): Promise<void> {
  await until(async () => {
    const status = (await (await fetch(`${url}/api/status`)).json()) as { readonly waiting: number };
    return status.waiting === 0;
  });
}

export async function until(condition: () => Promise<boolean>): Promise<void> {
  for (;;) {
    if (await condition().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Goes to an address of the page without loading it anew. */
export async function goTo(page: Page, path: string): Promise<void> {
  await page.evaluate(`history.pushState(null, '', ${JSON.stringify(path)})`);
  await page.evaluate("dispatchEvent(new PopStateEvent('popstate'))");
}

/** Sends spans to the gateway at this address, in the form of OTLP/JSON. @throws if it does not take them */
export async function sendSpans(url: string, spans: readonly object[]): Promise<void> {
  const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
  const headers = { 'content-type': 'application/json' };
  const { status } = await fetch(`${url}/v1/traces`, { method: 'POST', headers, body });
  if (status !== 200) throw new Error(`The gateway answered ${status}.`);
}
