/** The rows of the table: each returns figures `{ name, goal, unit, value, isMet }`. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { conversationOf, send, traceOf } from './data.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ROW = '.list .scroller [role=row]';
const ROUNDS = 5;
const CALLS = 7;

const atMost = (limit, unit = '') => ({
  goal: limit === 0 ? '0' : `≤ ${limit.toLocaleString('en')}${unit && ` ${unit}`}`,
  unit,
  meets: (value) => value <= limit,
});
const figure = (name, value, { goal, unit, meets }) => ({ name, goal, unit, value, isMet: meets(value) });

export function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

export async function newPage({ browser }) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  return context.newPage();
}

/** Of the files as they are served. */
export function sizes() {
  const folder = join(ROOT, 'dist/ui/assets');
  const kilobytes = (names) =>
    names.reduce((sum, name) => sum + gzipSync(readFileSync(join(folder, name))).length, 0) / 1e3;
  const code = readdirSync(folder).filter((name) => /\.(js|css)$/.test(name));
  const first = code.filter((name) => name.startsWith('index-'));
  return [
    figure('JavaScript and CSS of the list, gzip', kilobytes(first), atMost(60, 'KB')),
    figure('JavaScript and CSS in all, gzip', kilobytes(code), atMost(120, 'KB')),
  ];
}

/** A first visit with an empty cache, several times: the hours that the list begins with, and the whole store. */
export async function measureList(bench) {
  const { interactions } = await statusOf(bench.gateway);
  const store = `${interactions.toLocaleString('en')} interactions stored`;
  bench.log(store);
  const figures = [];
  for (const [name, path] of [
    ['list', '/conversations'],
    ['list of all times', '/conversations?since=0'],
  ]) {
    const visits = [];
    for (let round = 0; round < ROUNDS; round += 1) visits.push(await visit(bench, path));
    const paint = median(visits.map(({ paint }) => paint));
    const ready = median(visits.map(({ ready }) => ready));
    figures.push(
      figure(`${name}, first contentful paint, ${store}`, paint, atMost(500, 'ms')),
      figure(`${name}, rows are there and J selects one, ${store}`, ready, atMost(1_000, 'ms')),
    );
  }
  return figures;
}

async function visit(bench, path) {
  const page = await newPage(bench);
  await page.addInitScript(`
    const look = () => {
      if (document.querySelector('[role=row][aria-selected=true]')) {
        window.ready = performance.now();
        return;
      }
      if (document.querySelector('${ROW}')) window.dispatchEvent(new KeyboardEvent('keydown', { key: 'j' }));
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  `);
  await page.goto(bench.gateway.url + path);
  const ready = await page.evaluate(`(async () => {
    while (window.ready === undefined) {
      if (performance.now() > 30_000) throw new Error('The list shows no rows.');
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    return window.ready;
  })()`);
  const paint = await page.evaluate(`performance.getEntriesByName('first-contentful-paint')[0].startTime`);
  await page.context().close();
  return { ready, paint };
}

/** From a key to the frame that shows what it did, and what moved without a reason before. */
export async function measureKeys(bench) {
  const page = await newPage(bench);
  await page.addInitScript(`
    window.shift = 0;
    new PerformanceObserver((list) => {
      for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) window.shift += value;
    }).observe({ type: 'layout-shift', buffered: true });
  `);
  await page.goto(`${bench.gateway.url}/conversations`);
  await page.locator(ROW).nth(20).waitFor();
  await page.waitForTimeout(1_000);
  const rows = [];
  for (let row = 2; row <= 20; row += 1)
    rows.push(await press(page, 'j', `document.querySelector('[aria-selected=true]')?.ariaRowIndex === '${row}'`));
  const shift = await page.evaluate('window.shift');
  await page.context().close();
  const peeks = [];
  for (let round = 0; round < ROUNDS; round += 1) peeks.push(await timeToPeek(bench));
  return [
    figure('J to the next row, median of 19', median(rows), atMost(50, 'ms')),
    figure(`Space to the first peek of a visit, median of ${ROUNDS}`, median(peeks), atMost(50, 'ms')),
    // A right-aligned age that counts up begins further left, which counts as a little.
    figure('layout shift of loading the list and of J', shift, atMost(0.001)),
  ];
}

async function timeToPeek(bench) {
  const page = await newPage(bench);
  await page.goto(`${bench.gateway.url}/conversations`);
  await page.locator(ROW).nth(20).waitFor();
  await page.waitForTimeout(1_000);
  await press(page, 'j', `document.querySelector('[aria-selected=true]')`);
  const millis = await press(page, ' ', `document.querySelector('.peek h2')`);
  await page.context().close();
  return millis;
}

/** @returns milliseconds from a key to the end of the frame that shows what it did */
function press(page, key, done) {
  return page.evaluate(`(async () => {
    const began = performance.now();
    window.dispatchEvent(new KeyboardEvent('keydown', { key: ${JSON.stringify(key)} }));
    while (!(${done})) {
      if (performance.now() - began > 10_000) throw new Error('The key did nothing.');
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    return performance.now() - began;
  })()`);
}

export async function measureScrolling(bench) {
  const { gateway } = bench;
  const traceId = 'bead'.repeat(8);
  await send(gateway.url, traceOf(traceId, 10_000));
  await send(gateway.url, conversationOf('bench-long', 2_000));
  await settled(gateway);
  return [
    ...(await scroll(bench, `/t/${traceId}`, '.waterfall .scroller', '.span-row', 'trace of 10,000 spans')),
    ...(await scroll(bench, '/c/bench-long', '.transcript', '.message', 'conversation of 2,000 messages')),
  ];
}

/**
 * From top to bottom in steps of most of a screen, a step a frame. Other work on the machine makes frames late as well:
 * the processor time of the page's own thread tells the two apart.
 */
async function scroll(bench, path, scroller, row, name) {
  const opened = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const visited = await newPage(bench);
    opened.push(await timeToShow(visited, bench.gateway.url + path, row));
    await visited.context().close();
  }
  const page = await newPage(bench);
  await page.goto(`${bench.gateway.url}${path}`);
  await page.locator(row).first().waitFor();
  await page.waitForTimeout(1_500);
  const tasks = await traceTasks(page);
  const { times, rows } = await page.evaluate(`(async () => {
    const element = document.querySelector(${JSON.stringify(scroller)});
    const times = [];
    let last = performance.now();
    while (element.scrollTop + element.clientHeight < element.scrollHeight - 2) {
      if (times.length === 5_000) throw new Error('The list does not scroll to its end.');
      element.scrollTop += element.clientHeight * 0.8;
      await new Promise((resolve) => requestAnimationFrame(resolve));
      const now = performance.now();
      times.push(now - last);
      last = now;
    }
    return { times, rows: document.querySelectorAll(${JSON.stringify(row)}).length };
  })()`);
  const busy = await tasks();
  await page.context().close();
  const over = (values) => values.filter((value) => value > 50).length;
  bench.log(`${name}: ${times.length} frames, ${rows} rows in the document`);
  return [
    figure(`${name}: opened, median of ${ROUNDS}`, median(opened), atMost(500, 'ms')),
    figure(`${name}: of ${times.length} frames of a scroll to its end, over 50 ms`, over(times), atMost(0)),
    figure(`${name}: longest frame`, Math.max(...times), atMost(50, 'ms')),
    figure(`${name}: longest task of the page, processor time`, Math.max(0, ...busy), atMost(50, 'ms')),
  ];
}

/** From the request for the page to the frame that shows the selected element; an empty cache. */
async function timeToShow(page, url, selector) {
  await page.addInitScript(`
    const look = () => {
      if (document.querySelector(${JSON.stringify(selector)})) {
        requestAnimationFrame(() => setTimeout(() => (window.shown = performance.now())));
        return;
      }
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  `);
  await page.goto(url);
  await page.waitForFunction(() => window.shown !== undefined, undefined, { timeout: 30_000 });
  return page.evaluate('window.shown');
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
export async function measureVisible(bench) {
  const page = await newPage(bench);
  await page.goto(`${bench.gateway.url}/conversations`);
  await page.locator(ROW).first().waitFor();
  await page.waitForTimeout(1_000);
  const caller = startCaller(bench);
  const times = [];
  for (let call = 0; call < CALLS; call += 1) {
    const name = `seen ${call} ${Date.now()}`;
    const ended = caller.call(name);
    await page.waitForFunction((text) => document.body.textContent?.includes(text), name, { polling: 'raf' });
    const seen = Date.now();
    times.push(seen - (await ended));
    await sleep(700);
  }
  caller.end();
  await page.context().close();
  return [
    figure(`from span.end() to the row on the screen, median of ${CALLS}`, median(times), atMost(500, 'ms')),
    figure('from span.end() to the row on the screen, longest', Math.max(...times), atMost(500, 'ms')),
  ];
}

/** An application in a process of its own. @returns makes a call and resolves with the time when it ended */
function startCaller({ gateway, scratch }) {
  const words = ['--import', join(ROOT, 'dist/register.js'), join(ROOT, 'bench/page/caller.mjs')];
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    XDG_DATA_HOME: scratch,
    SPANPORT_GATEWAY: gateway.url,
    SPANPORT_DESTINATIONS: 'spanport',
  };
  const child = spawn(process.execPath, words, { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting = [];
  let rest = '';
  child.stdout.on('data', (chunk) => {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) waiting.shift()?.resolve(Number(line));
  });
  child.once('exit', (code) => {
    for (const { reject } of waiting) reject(new Error(`The application ended with ${code}.`));
  });
  return {
    call: (text) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        child.stdin.write(`${text}\n`);
      }),
    end: () => child.stdin.end(),
  };
}

/** Until everything that was sent is in the lists. */
export async function settled(gateway) {
  while ((await statusOf(gateway)).waiting > 0) await sleep(200);
}

async function statusOf({ url }) {
  return (await fetch(`${url}/api/status`)).json();
}
