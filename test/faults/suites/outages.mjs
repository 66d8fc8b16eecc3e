/** R3 and R4: the vendor refuses connections, and hangs, for a while; then it is back. No kills, no lost answers. */
import { launch, sleep, until, withDirectory } from '../support/children.mjs';
import { figure } from '../support/figures.mjs';
import { Vendor } from '../support/vendor.mjs';

async function outage({ perSecond, seconds, begin, finish, spool }) {
  const vendor = await Vendor.start();
  try {
    return await withDirectory(async (dir) => {
      const settings = { url: vendor.url, ...(spool && { dir, durability: 'batch' }), prefix: 'o', perSecond };
      const count = perSecond * (seconds + 1);
      const { child, ended } = launch('producer', { ...settings, count });
      await until(() => vendor.count() > 0, 5_000);
      await begin(vendor);
      await sleep(seconds * 1_000);
      await finish(vendor);
      await until(() => vendor.count() >= count, 60_000);
      child.stdin.end();
      const { stdout } = await ended;
      const { stats } = JSON.parse(stdout.trim().split('\n').at(-1));
      const books = [...vendor.books().values()];
      const copies = books.reduce((sum, entry) => sum + entry.copies - 1, 0);
      return { count, lost: count - books.length, copies, stats };
    });
  } finally {
    await vendor.down();
  }
}

const refuses = { perSecond: 50, begin: (vendor) => vendor.down(), finish: (vendor) => vendor.up() };
const hangs = {
  perSecond: 500,
  begin(vendor) {
    vendor.behave = () => ({ hang: true });
  },
  finish(vendor) {
    vendor.behave = () => ({ status: 200 });
    // A vendor that is restarted; otherwise the requests that hang end at our own time limit of 30 s.
    vendor.cut();
  },
};

export async function outages({ isShort, log }) {
  const seconds = isShort ? 4 : 20;
  const figures = [];
  for (const [kind, how] of Object.entries({ 'refuses connections': refuses, hangs })) {
    for (const spool of [true, false]) {
      const { count, lost, copies, stats } = await outage({ ...how, seconds, spool });
      const where = `vendor ${kind} ${seconds} s at ${how.perSecond}/s, ${spool ? 'spool' : 'memory'}`;
      if (lost > 0 || copies > 0) log(`${where}: ${JSON.stringify(stats)}`);
      figures.push(
        figure('R4', `${where}: lost`, '0', `${lost} of ${count}`, lost === 0),
        figure('R3', `${where}: sent twice`, '0', copies, copies === 0),
      );
    }
  }
  return figures;
}
