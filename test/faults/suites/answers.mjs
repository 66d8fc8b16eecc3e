/** R16, R17, R18 and what a vendor may answer: each once or some times, then it is healthy. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { DIST, launch, run, until, withDirectory } from '../support/children.mjs';
import { figure } from '../support/figures.mjs';
import { Vendor } from '../support/vendor.mjs';

const COUNT = 40;
const NAMED_SECONDS = 3;
/** HTTP dates have whole seconds. */
const TOLERANCE_MILLIS = 1_000;
/** Requests to one vendor that may be under way when its answer comes. */
const MAX_UNDER_WAY = 7;

/** Ends so many spans, waits until `isDone`, and shuts down. */
async function deliver(settings, isDone, timeoutMillis = 20_000) {
  const { child, ended } = launch('producer', { prefix: 'a', perSecond: 2_000, count: COUNT, ...settings });
  await until(isDone, timeoutMillis);
  child.stdin.end();
  const { code, stdout, stderr } = await ended;
  const last = stdout.trim().split('\n').at(-1) || '{}';
  return { code, stderr, stats: JSON.parse(last).stats };
}

/** The first requests get what is scripted, the others 200. */
function scripted(how, times) {
  let left = times;
  return () => {
    left -= 1;
    return left >= 0 ? how() : { status: 200 };
  };
}

const SCRIPTS = {
  'status 500': () => ({ status: 500 }),
  'status 408': () => ({ status: 408 }),
  'connection reset': () => ({ reset: true }),
  'slow by 1 s': () => ({ slow: 1_000 }),
  '5 MB of an answer': () => ({ status: 503, body: 'x'.repeat(5 << 20) }),
  'JSON of another type': () => ({ status: 200, body: '[[[1,null,"2"]]]' }),
  'HTML, status 502': () => ({ status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>Bad gateway' }),
  'broken JSON': () => ({ status: 200, body: '{"status":' }),
  'no answer, the connection is cut after the body': () => ({ lostAnswer: true }),
};

async function scripts(names, log) {
  let failed = [];
  for (const name of names) {
    for (const spool of [true, false]) {
      const vendor = await Vendor.start(scripted(SCRIPTS[name], 3));
      try {
        const { code, stderr, stats } = await withDirectory((dir) =>
          deliver({ url: vendor.url, ...(spool && { dir, durability: 'batch' }) }, () => vendor.count() >= COUNT),
        );
        // The vendor had these before their answers got lost.
        const isAllowed = vendor.taken.length - COUNT <= vendor.lostAnswers;
        const isGood =
          vendor.count() === COUNT && isAllowed && code === 0 && stderr === '' && stats.delivered === COUNT;
        if (!isGood) {
          failed = [...failed, `${name}, ${spool ? 'spool' : 'memory'}`];
          log(`${failed.at(-1)}: ${vendor.count()} there, code ${code}, ${stderr} ${JSON.stringify(stats)}`);
        }
      } finally {
        vendor.cut();
        await vendor.down();
      }
    }
  }
  const all = names.length * 2;
  return figure(
    'R4',
    `${names.length} odd answers, spool and memory: all delivered, nothing printed`,
    `${all}/${all}`,
    `${all - failed.length}/${all}${failed.length > 0 ? `: ${failed.join('; ')}` : ''}`,
    failed.length === 0,
  );
}

async function redirect() {
  const elsewhere = await Vendor.start();
  const vendor = await Vendor.start(() => ({ status: 307, headers: { location: `${elsewhere.url}/taken` } }));
  try {
    await deliver({ url: vendor.url }, () => vendor.requests.length > 0, 5_000);
    const { length } = elsewhere.requests;
    return figure(
      'R4',
      'a redirect is not followed: requests at its target',
      '0',
      length,
      length === 0 && vendor.requests.length > 0,
    );
  } finally {
    await vendor.down();
    await elsewhere.down();
  }
}

/** How many requests came between a 429 and the time that it named. */
async function retryAfter(headerOf) {
  let named;
  const vendor = await Vendor.start(() => {
    if (named) return { status: 200 };
    const now = Date.now();
    const header = headerOf(now);
    named = { until: Number(header) ? now + Number(header) * 1_000 : Date.parse(header) };
    return { status: 429, headers: { 'retry-after': header } };
  });
  try {
    await withDirectory((dir) =>
      deliver({ url: vendor.url, dir, durability: 'batch', count: 20, perSecond: 20 }, () => vendor.count() >= 20),
    );
    return vendor.requests.slice(1).filter(({ at }) => at < named.until - TOLERANCE_MILLIS).length;
  } finally {
    await vendor.down();
  }
}

async function retryAfters() {
  const early = [
    ['in seconds', await retryAfter(() => String(NAMED_SECONDS))],
    ['as a date', await retryAfter((now) => new Date(now + NAMED_SECONDS * 1_000).toUTCString())],
  ];
  return early.map(([form, count]) =>
    figure(
      'R16',
      `429 with Retry-After ${form}: requests before that time`,
      `<= ${MAX_UNDER_WAY}, under way`,
      count,
      count <= MAX_UNDER_WAY,
    ),
  );
}

/** One record that the vendor will never take stands among others. */
async function poison() {
  const poisoned = 'a7';
  const refuse = ({ records }) =>
    records.some(({ marker }) => marker === poisoned)
      ? { status: 422, body: '{"error":"no such thing"}' }
      : { status: 200 };
  const vendor = await Vendor.start(refuse);
  try {
    return await withDirectory(async (dir) => {
      const settings = { url: vendor.url, dir, durability: 'batch' };
      await deliver(
        settings,
        () => vendor.count() >= COUNT - 1 && vendor.asked.some(({ marker }) => marker === poisoned),
      );
      const spool = (...args) => {
        const { stdout } = spawnSync(process.execPath, [
          join(DIST, 'cli/main.js'),
          'spool',
          ...args,
          '--dir',
          dir,
          '--json',
        ]);
        return JSON.parse(stdout.toString());
      };
      const { dead } = spool('status');
      const others = vendor.count();
      const asked = vendor.asked.filter(({ marker }) => marker === poisoned).length;
      const { replayed } = spool('replay');
      vendor.behave = () => ({ status: 200 });
      await deliver({ ...settings, count: 0 }, () => vendor.count() >= COUNT, 10_000);
      return [
        figure(
          'R17',
          `a record is refused with 422: others delivered, tries of it`,
          `${COUNT - 1}, 1`,
          `${others}, ${asked}`,
          others === COUNT - 1 && asked === 1,
        ),
        figure(
          'R17',
          'dead letters, with the answer in the reason',
          '1',
          `${dead.length}: ${dead[0]?.reason}`,
          dead.length === 1 && dead[0].reason.includes('no such thing'),
        ),
        figure(
          'R17',
          'after `spanport spool replay`: delivered',
          String(COUNT),
          vendor.count(),
          replayed === 1 && vendor.count() === COUNT,
        ),
      ];
    });
  } finally {
    await vendor.down();
  }
}

const otlp = (vendor) => [{ name: 'otlp', url: `${vendor.url}/v1/traces`, encoding: 'json', content: 'full' }];

async function tooLarge() {
  const limit = 20_000;
  const vendor = await Vendor.start(({ text }) => ({ status: text.length > limit ? 413 : 200 }));
  try {
    await withDirectory((dir) =>
      deliver({ destinations: otlp(vendor), dir, durability: 'batch' }, () => vendor.count() >= COUNT),
    );
    const refused = vendor.requests.filter(({ text }) => text.length > limit).length;
    return figure(
      'R17',
      `OTLP answers 413 above ${limit} bytes: delivered, batches that were split`,
      `${COUNT}, > 0`,
      `${vendor.count()}, ${refused}`,
      vendor.count() === COUNT && vendor.taken.length === COUNT && refused > 0,
    );
  } finally {
    await vendor.down();
  }
}

async function partialSuccess() {
  const rejectedSpans = 3;
  let isFirst = true;
  const vendor = await Vendor.start(() => {
    const body = isFirst
      ? JSON.stringify({ partialSuccess: { rejectedSpans: String(rejectedSpans), errorMessage: 'no' } })
      : '{}';
    isFirst = false;
    return { status: 200, body };
  });
  try {
    const { result } = await run('answered', { destinations: otlp(vendor), count: COUNT });
    const { delivered, rejected } = result.stats;
    return figure(
      'R18',
      `OTLP takes all but ${rejectedSpans} of a batch: rejected, delivered, spans sent twice`,
      `${rejectedSpans}, ${COUNT - rejectedSpans}, 0`,
      `${rejected}, ${delivered}, ${vendor.asked.length - COUNT}`,
      rejected === rejectedSpans && delivered === COUNT - rejectedSpans && vendor.asked.length === COUNT,
    );
  } finally {
    await vendor.down();
  }
}

export async function answers({ isShort, log }) {
  const names = Object.keys(SCRIPTS).filter((_, index) => !isShort || index % 3 !== 0);
  return [
    await scripts(names, log),
    await redirect(),
    ...(await retryAfters()),
    ...(await poison()),
    await tooLarge(),
    await partialSuccess(),
  ];
}
