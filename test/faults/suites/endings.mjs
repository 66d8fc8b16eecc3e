/** R8 and R9: fifteen ways to end × durability × the state of the vendor. */
import { drain, inParallel, run, withDirectory } from '../support/children.mjs';
import { figure, timed } from '../support/figures.mjs';
import { Vendor } from '../support/vendor.mjs';

export const ENDINGS = [
  'return',
  'return later',
  'exit code',
  'process.exit',
  'process.exit +50 ms',
  'SIGTERM',
  'SIGINT',
  'SIGHUP',
  'SIGTERM, own handler exits',
  'SIGINT, own handler returns',
  'uncaught exception',
  'uncaught exception, handled',
  'unhandled rejection',
  'abort',
  'SIGKILL',
];
const SINKS = ['up', 'down', 'hung'];
const COUNT = 20;
/** Endings that leave no code to run. */
const ABRUPT = new Set(['abort', 'SIGKILL']);
const LIMITS = { up: 2_000, down: 5_000, hung: 5_000 };

/** Addresses, and the frames beside them, differ from one abort to the next. */
function trace(stderr) {
  return stderr.replace(/^.*0x[0-9a-f]+.*\n?/gm, '');
}

/** What an ending must leave as it was. `bare` is its run without Spanport. */
function isUnchanged({ code, signal, stderr }, bare) {
  return code === bare.code && signal === bare.signal && trace(stderr) === trace(bare.stderr);
}

async function tryEnding({ ending, durability, sink }, bare) {
  const vendor = await Vendor.start();
  if (sink === 'down') await vendor.down();
  if (sink === 'hung') vendor.behave = () => ({ hang: true });
  try {
    return await withDirectory(async (dir) => {
      const settings = { url: vendor.url, dir, durability };
      const ended = await run('ending', { ...settings, ending });
      if (sink === 'down') await vendor.up();
      vendor.cut();
      vendor.behave = () => ({ status: 200 });
      if (vendor.count() < COUNT) await drain(settings, () => vendor.count() >= COUNT, 6_000);
      const millis = ended.endedAt - Number(ended.stdout.trim());
      return { ending, durability, sink, got: vendor.count(), millis, isSame: isUnchanged(ended, bare), ended, bare };
    });
  } finally {
    await vendor.down();
  }
}

const full = ({ got }) => got === COUNT;
const nameOf = ({ ending, sink }) => `${ending} (${sink})`;
const listOf = (cases) => (cases.length === 0 ? '' : `: ${cases.map(nameOf).join(', ')}`);

export async function endings({ isShort, log }) {
  const bare = new Map(
    await inParallel(ENDINGS, 2, async (ending) => [ending, await run('ending', { ending, bare: true })]),
  );
  const cases = ['batch', 'sync'].flatMap((durability) =>
    ENDINGS.flatMap((ending) => SINKS.map((sink) => ({ ending, durability, sink }))),
  );
  // The short form leaves out half: each ending meets each durability and each sink, but not each pair of them.
  const chosen = isShort ? cases.filter((_, index) => index % 2 === 0) : cases;
  const results = await inParallel(chosen, 3, (each) => tryEnding(each, bare.get(each.ending)));
  for (const each of results) {
    if (full(each) && each.isSame && each.millis <= LIMITS[each.sink]) continue;
    const { ended } = each;
    log(`${each.durability} ${nameOf(each)}: ${each.got}/${COUNT} delivered, ${each.millis} ms, code ${ended.code}`);
    if (!each.isSame)
      log(`  ${ended.signal} with stderr ${JSON.stringify(ended.stderr)}, bare ${JSON.stringify(each.bare)}`);
  }

  const figures = [];
  for (const durability of ['batch', 'sync']) {
    const own = results.filter((each) => each.durability === durability);
    const asked = durability === 'sync' ? own : own.filter(({ ending }) => !ABRUPT.has(ending));
    figures.push(delivered(durability === 'sync' ? 'all 15 endings, sync' : '13 endings that run code, batch', asked));
    if (durability === 'batch') {
      figures.push(
        delivered(
          'abort and SIGKILL, batch, older than a tick',
          own.filter(({ ending }) => ABRUPT.has(ending)),
        ),
      );
    }
    const changed = own.filter(({ isSame }) => !isSame);
    figures.push(
      figure(
        'R9',
        `${durability}: code, signal and stderr, but for reports, as without Spanport`,
        `${own.length}/${own.length}`,
        `${own.length - changed.length}/${own.length}${listOf(changed)}`,
        changed.length === 0,
      ),
    );
  }
  for (const sink of SINKS) {
    const slowest = Math.max(...results.filter((each) => each.sink === sink).map(({ millis }) => millis));
    figures.push(
      timed(
        'R8',
        `time to end, vendor ${sink}, slowest`,
        `<= ${LIMITS[sink]} ms`,
        `${slowest} ms`,
        slowest <= LIMITS[sink],
      ),
    );
  }
  return figures;
}

function delivered(name, cases) {
  const short = cases.filter((each) => !full(each));
  return figure(
    'R8',
    `${COUNT}/${COUNT} after a restart: ${name}`,
    `${cases.length}/${cases.length}`,
    `${cases.length - short.length}/${cases.length}${listOf(short)}`,
    short.length === 0,
  );
}
