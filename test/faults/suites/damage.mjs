/** R11 and R12: bits flip and files are cut off while no process runs; then a start with a healthy vendor. */
import { cpSync, mkdtempSync, readdirSync, statSync, truncateSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { drain, inParallel, launch, until, withDirectory } from '../support/children.mjs';
import { figure } from '../support/figures.mjs';
import { seeded } from '../support/random.mjs';
import { Vendor } from '../support/vendor.mjs';

const COUNT = 500;
const MAX_LOST = 25;
const SEED = 11;
/** When no record has arrived for this long, no further one will. */
const QUIET_MILLIS = 5_000;
/** The first record may take this much longer: a damaged file is salvaged first. */
const START_MILLIS = 20_000;
const MAX_STARTS = 3;

/** A spool with records of a process that was killed, which leaves them in the log, or that ended, which empties it. */
async function withSpool(isKilled, use) {
  const vendor = await Vendor.start(() => ({ status: 503 }));
  try {
    return await withDirectory(async (root) => {
      const dir = join(root, 'template');
      const settings = { url: vendor.url, dir, durability: 'batch', prefix: 'd', perSecond: 400, count: COUNT };
      const { child, ended } = launch('producer', { ...settings, acks: join(root, 'acks') });
      let made = false;
      child.stdout.on('data', () => {
        made = true;
      });
      await until(() => made, 20_000);
      if (isKilled) child.kill('SIGKILL');
      else child.stdin.end();
      await ended;
      return await use(root, dir);
    });
  } finally {
    await vendor.down();
  }
}

function countedIn(stats) {
  return stats ? stats.rejected + Object.values(stats.dropped).reduce((sum, each) => sum + each, 0) : 0;
}

/** Harms a copy of the spool and starts on it. */
async function tryDamage(root, template, harm) {
  const dir = mkdtempSync(join(root, 'copy-'));
  cpSync(template, dir, { recursive: true });
  const what = await harm(dir);
  const vendor = await Vendor.start();
  try {
    const settings = { url: vendor.url, dir, durability: 'batch' };
    let seen = 0;
    let quietSince = 0;
    const isQuiet = () => {
      if (vendor.count() !== seen) {
        seen = vendor.count();
        quietSince = Date.now();
      }
      return seen >= COUNT || Date.now() - quietSince > QUIET_MILLIS;
    };
    const starts = [];
    const again = async () => {
      quietSince = Date.now() + START_MILLIS;
      const outcome = await drain(settings, isQuiet, START_MILLIS);
      starts.push(outcome);
      return outcome.stats?.spooled ?? 0;
    };
    let onDisk = await again();
    // A lease whose owner reads as another process holds its record until it ends, and a slow machine needs a second start.
    while (onDisk > 0 && starts.length < MAX_STARTS) onDisk = await again();
    const books = vendor.books();
    const wrong = vendor.requests.filter(({ records, text }) => !text.includes(`text of ${records[0]?.marker}`)).length;
    // A delay whose end reads as a later time holds its record until then, for a day at most: that is on the disk, not lost.
    const lost = Math.max(0, COUNT - books.size - onDisk);
    const counted = starts.reduce((sum, { stats }) => sum + countedIn(stats), 0);
    const [{ code, stderr }] = starts;
    return { what, started: code === 0 && stderr === '', wrong, lost, counted, stderr };
  } finally {
    await vendor.down();
  }
}

const filesOf = (dir) =>
  readdirSync(dir)
    .filter((name) => /\.db(-wal)?$/.test(name))
    .map((name) => ({ path: join(dir, name), bytes: statSync(join(dir, name)).size }));

async function flipBit(path, offset, bit) {
  const file = await open(path, 'r+');
  try {
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, offset);
    byte[0] ^= 1 << bit;
    await file.write(byte, 0, 1, offset);
  } finally {
    await file.close();
  }
}

/** Anywhere in the database and its log, each byte as likely as any other. */
const anywhere = (random) => async (dir) => {
  const files = filesOf(dir);
  let offset = Math.floor(random() * files.reduce((sum, { bytes }) => sum + bytes, 0));
  for (const { path, bytes } of files) {
    if (offset < bytes) {
      const bit = Math.floor(random() * 8);
      await flipBit(path, offset, bit);
      return `bit ${bit} of byte ${offset} of ${bytes} in ${path.split('/').at(-1)}`;
    }
    offset -= bytes;
  }
};

/** In the first page, which contains the schema. */
const inFirstPage = (random) => async (dir) => {
  const [{ path }] = filesOf(dir);
  const offset = Math.floor(random() * 600);
  await flipBit(path, offset, Math.floor(random() * 8));
  return `byte ${offset} of the first page`;
};

const cutTail = (random) => (dir) => {
  const log = filesOf(dir).find(({ path, bytes }) => path.endsWith('-wal') && bytes > 0) ?? filesOf(dir)[0];
  const cut = 1 + Math.floor(random() * 64);
  truncateSync(log.path, log.bytes - cut);
  return `${cut} bytes off ${log.path.split('/').at(-1)}`;
};

function figuresOf(id, where, limit, results, log) {
  for (const { what, started, wrong, lost, counted, stderr } of results) {
    if (!started || wrong > 0 || lost > limit || lost !== counted)
      log(`${where}, ${what}: started ${started}, ${wrong} wrong, ${lost} lost, ${counted} counted ${stderr}`);
  }
  const all = results.length;
  const sum = (pick) => results.reduce((total, each) => total + pick(each), 0);
  const started = sum((each) => Number(each.started));
  const most = Math.max(...results.map(({ lost }) => lost));
  const uncounted = results.filter(({ lost, counted }) => lost !== counted);
  const details = uncounted.map(({ what, lost, counted }) => `: ${what}, ${lost} lost, ${counted} counted`).join('');
  return [
    figure(id, `${where}: starts, and is silent`, `${all}/${all}`, `${started}/${all}`, started === all),
    figure(
      id,
      `${where}: wrong records delivered`,
      '0',
      sum((each) => each.wrong),
      sum((each) => each.wrong) === 0,
    ),
    figure(id, `${where}: lost of ${COUNT}, at most`, `<= ${limit}`, most, most <= limit),
    figure(id, `${where}: losses that are not counted`, '0', uncounted.length + details, details === ''),
  ];
}

export async function damage({ isShort, log }) {
  const random = seeded(SEED);
  const count = isShort ? 6 : 20;
  const flip = (size, where) => Array.from({ length: size }, () => where(random));
  const round = (root, dir, harms) => inParallel(harms, 2, (harm) => tryDamage(root, dir, harm));
  const afterKill = await withSpool(true, async (root, dir) => [
    ...figuresOf('R11', 'a bit flips, after a kill', MAX_LOST, await round(root, dir, flip(count, anywhere)), log),
    ...figuresOf(
      'R12',
      'the tail is cut by 1 to 64 bytes',
      MAX_LOST,
      await round(root, dir, flip(count, cutTail)),
      log,
    ),
  ]);
  const afterEnd = await withSpool(false, async (root, dir) => [
    ...figuresOf('R11', 'a bit flips, after an end', MAX_LOST, await round(root, dir, flip(count, anywhere)), log),
    ...figuresOf(
      'R11',
      'a bit flips in the first page',
      MAX_LOST,
      await round(root, dir, flip(isShort ? 2 : 6, inFirstPage)),
      log,
    ),
  ]);
  return [...afterKill, ...afterEnd];
}
