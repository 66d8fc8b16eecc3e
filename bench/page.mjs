/**
 * Figures of the page, in the system's Chromium, against a gateway of its own:
 *
 *   node bench/page.mjs [--interactions 20000] [--data FOLDER] [--live SECONDS] [--json FILE]
 *
 * `--data` takes the folder of a store that is filled already, such as one of 1,000,000 interactions. `--live 3600` also
 * watches the memory of the list for an hour at 50 interactions a second. A trace and a conversation for the scrolling
 * are added to the store. Build first.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { conversationOf, fill, send, traceOf } from './support/page-data.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({
  options: {
    interactions: { type: 'string', default: '20000' },
    data: { type: 'string' },
    live: { type: 'string' },
    json: { type: 'string' },
  },
});
const PER_SECOND = 50;
/** The list keeps 5,000 rows: from then on its memory has no reason to grow. */
const FULL_SECONDS = 120;
const figures = {};
const note = (name, value) => {
  figures[name] = value;
  console.log(`${name.padEnd(58)} ${value}`);
};

const executablePath = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path && existsSync(path),
);
if (!executablePath) throw new Error('There is no Chromium: set CHROMIUM_PATH.');

sizes();
const scratch = mkdtempSync(join(tmpdir(), 'spanport-page-bench-'));
const gateway = await startGateway(values.data ?? join(scratch, 'data'));
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
try {
  if (!values.data) await fill(gateway.url, Number(values.interactions));
  await measureList();
  await measureKeys();
  await measureScrolling();
  await measureVisible();
  if (values.live) await watchLive(Number(values.live));
} finally {
  await browser.close();
  gateway.child.kill('SIGTERM');
  await new Promise((resolve) => gateway.child.once('exit', resolve));
  rmSync(scratch, { recursive: true, force: true });
}
if (values.json) appendFileSync(values.json, `${JSON.stringify({ at: new Date().toISOString(), ...figures })}\n`);

function sizes() {
  const folder = join(ROOT, 'dist/ui/assets');
  const bytes = (names) => names.reduce((sum, name) => sum + gzipSync(readFileSync(join(folder, name))).length, 0);
  const code = readdirSync(folder).filter((name) => /\.(js|css)$/.test(name));
  note('JavaScript and CSS of the first view, gzip bytes', bytes(code.filter((name) => name.startsWith('index-'))));
  note('JavaScript and CSS in all, gzip bytes', bytes(code));
}

async function startGateway(data) {
  const port = await new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
  const args = [join(ROOT, 'dist/cli/main.js'), 'up', '--port', String(port), '--data', data];
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, XDG_DATA_HOME: scratch },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}`;
  for (;;) {
    if (
      await fetch(`${url}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return { child, url };
    await pause(100);
  }
}

/** A first visit, with nothing in the browser's cache, five times. */
async function measureList() {
  const { interactions } = await (await fetch(`${gateway.url}/api/status`)).json();
  note('interactions in the store', interactions);
  const paints = [];
  const ready = [];
  for (let round = 0; round < 5; round += 1) {
    const page = await newPage();
    await page.goto(`${gateway.url}/conversations`);
    await page.locator('[role=row][aria-rowindex="2"], .list .scroller [role=row]').first().waitFor();
    ready.push(await page.evaluate('performance.now()'));
    paints.push(await page.evaluate(`performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0`));
    await page.context().close();
  }
  note('first contentful paint of the list, ms, median of 5', Math.round(median(paints)));
  note('list with rows, ms, median of 5', Math.round(median(ready)));
}

/** From a key to the frame that shows what it did, and what moved without a reason before. */
async function measureKeys() {
  const page = await newPage();
  await page.addInitScript(`
    window.shift = 0;
    new PerformanceObserver((list) => {
      for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) window.shift += value;
    }).observe({ type: 'layout-shift', buffered: true });
  `);
  await page.goto(`${gateway.url}/conversations`);
  await page.locator('.list .scroller [role=row]').nth(20).waitFor();
  await page.waitForTimeout(1_000);
  const press = (key, done) =>
    page.evaluate(`(async () => {
      const began = performance.now();
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key: ${JSON.stringify(key)}, bubbles: true }));
      while (!(${done})) await new Promise((resolve) => requestAnimationFrame(resolve));
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      return performance.now() - began;
    })()`);
  const rows = [];
  for (let row = 2; row <= 20; row += 1)
    rows.push(await press('j', `document.querySelector('[aria-selected=true]')?.ariaRowIndex === '${row}'`));
  note('J to the next row, ms, median of 19', Math.round(median(rows)));
  note('J to the next row, ms, longest', Math.round(Math.max(...rows)));
  // A key that a script sends is no input to the browser: the peek, which takes room from the list, would count.
  note('layout shift of loading and of J', Number((await page.evaluate('window.shift')).toFixed(4)));
  note('Space to the peek, ms', Math.round(await press(' ', `document.querySelector('.peek h2')`)));
  await page.context().close();
}

async function measureScrolling() {
  const traceId = 'bead'.repeat(8);
  await send(gateway.url, traceOf(traceId, 10_000));
  await send(gateway.url, conversationOf('bench-long', 2_000));
  await settled('bench-long');
  await scroll(`/t/${traceId}`, '.waterfall .scroller', '.span-row', 'a trace of 10,000 spans');
  await scroll('/c/bench-long', '.transcript', '.message', 'a conversation of 2,000 messages');
}

/**
 * From top to bottom in steps of most of a screen, a step a frame. Frames of the browser are counted, not of the script. A
 * busy machine makes frames late that had little to do: the processor time of the page's own thread tells the two apart.
 */
async function scroll(path, scroller, row, name) {
  const page = await newPage();
  await page.goto(`${gateway.url}${path}`);
  await page.locator(row).first().waitFor();
  const opened = await page.evaluate('performance.now()');
  await page.waitForTimeout(1_500);
  const tasks = await traceTasks(page);
  const frames = await page.evaluate(`(async () => {
    const element = document.querySelector(${JSON.stringify(scroller)});
    const times = [];
    let last = performance.now();
    for (let step = 0; step < 1_200 && element.scrollTop + element.clientHeight < element.scrollHeight - 2; step += 1) {
      element.scrollTop += element.clientHeight * 0.8;
      await new Promise((resolve) => requestAnimationFrame(resolve));
      const now = performance.now();
      times.push(now - last);
      last = now;
    }
    return { times, rows: document.querySelectorAll(${JSON.stringify(row)}).length };
  })()`);
  note(`${name}: first rows, ms`, Math.round(opened));
  note(`${name}: frames of a scroll to its end`, frames.times.length);
  note(`${name}: frames over 50 ms`, frames.times.filter((time) => time > 50).length);
  note(`${name}: longest frame, ms`, Math.round(Math.max(...frames.times)));
  const busy = await tasks();
  note(`${name}: tasks of the page over 50 ms of processor time`, busy.filter((time) => time > 50).length);
  note(`${name}: longest task, ms of processor time`, Math.round(Math.max(0, ...busy)));
  note(`${name}: rows in the document`, frames.rows);
  await page.context().close();
}

/** @returns ends the trace; the processor time of each task of the page's main thread, in milliseconds */
async function traceTasks(page) {
  const session = await page.context().newCDPSession(page);
  const events = [];
  session.on('Tracing.dataCollected', ({ value }) => events.push(...value));
  const traceConfig = { includedCategories: ['toplevel'] };
  await session.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig });
  return async () => {
    const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
    await session.send('Tracing.end');
    await complete;
    const threads = events.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain');
    const isMain = ({ pid, tid }) => threads.some((thread) => thread.pid === pid && thread.tid === tid);
    return events
      .filter((event) => event.name === 'ThreadControllerImpl::RunTask' && isMain(event))
      .map(({ tdur = 0 }) => tdur / 1_000);
  };
}

/** From the end of a call in a real application, which ends its span, to the row on the screen. */
async function measureVisible() {
  const page = await newPage();
  await page.goto(`${gateway.url}/conversations`);
  await page.waitForTimeout(1_000);
  const child = spawn(
    process.execPath,
    ['--import', join(ROOT, 'dist/register.js'), join(ROOT, 'bench/support/page-caller.mjs')],
    {
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        XDG_DATA_HOME: scratch,
        SPANPORT_GATEWAY: gateway.url,
        SPANPORT_DESTINATIONS: 'spanport',
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const lines = [];
  child.stdout.on('data', (chunk) => lines.push(...String(chunk).split('\n').filter(Boolean)));
  const took = [];
  for (let round = 0; round < 7; round += 1) {
    const name = `seen ${round} ${Date.now()}`;
    child.stdin.write(`${name}\n`);
    await page.waitForFunction((text) => document.body.textContent?.includes(text), name, { polling: 'raf' });
    const seen = Date.now();
    while (lines.length <= round) await pause(5);
    took.push(seen - Number(lines[round]));
    await pause(700);
  }
  child.stdin.end();
  note('from span.end() to the row on the screen, ms, median of 7', median(took));
  note('from span.end() to the row on the screen, ms, longest', Math.max(...took));
  await page.context().close();
}

async function watchLive(seconds) {
  const page = await newPage();
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.enable');
  await page.goto(`${gateway.url}/conversations`);
  const heap = async () => {
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    return usedSize / 1e6;
  };
  const samples = [];
  const started = Date.now();
  const until = started + seconds * 1_000;
  const every = Math.max(5_000, (seconds * 1_000) / 40);
  let next = Date.now() + every;
  for (let second = 0; Date.now() < until; second += 1) {
    const began = Date.now();
    await fill(gateway.url, PER_SECOND, `live-${second}-`);
    if (Date.now() >= next) {
      samples.push([(began - started) / 1_000, await heap()]);
      next += every;
    }
    await pause(Math.max(0, 1_000 - (Date.now() - began)));
  }
  samples.push([seconds, await heap()]);
  const settled = samples.filter(([at]) => at >= Math.min(FULL_SECONDS, seconds / 2));
  note(`memory after ${seconds} s of live tail at ${PER_SECOND}/s, MB`, samples.at(-1)[1].toFixed(1));
  note('memory once the list was full, MB', (settled[0]?.[1] ?? 0).toFixed(1));
  note('growth of the memory since then, MB an hour', (slope(settled) * 3_600).toFixed(2));
  note('nodes in the document', await page.evaluate('document.querySelectorAll("*").length'));
  await page.context().close();
}

async function newPage() {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  return context.newPage();
}

async function settled(conversation) {
  for (;;) {
    const response = await fetch(`${gateway.url}/api/conversations/${conversation}`);
    if (response.ok) return;
    await pause(200);
  }
}

/** Of the straight line that is nearest to the points. */
function slope(points) {
  const mean = (at) => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const spread = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
  return spread === 0 ? 0 : points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0) / spread;
}

function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

function pause(millis) {
  return new Promise((resolve) => setTimeout(resolve, millis));
}
