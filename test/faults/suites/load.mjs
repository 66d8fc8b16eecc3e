/** R5, R6 and R7: what a vendor that hangs costs the application, and the books of a burst. */
import { run, withDirectory } from '../support/children.mjs';
import { figure, timed } from '../support/figures.mjs';
import { Vendor } from '../support/vendor.mjs';

const MIB = 1 << 20;
const ROUNDS = { short: 3, long: 7 };

async function bursts(count, url) {
  const figures = [];
  for (const spool of [false, true]) {
    const { result, code, stderr } = await withDirectory((dir) =>
      run('burst', { url, count, ...(spool && { dir, durability: 'batch', maxBytes: 64 * MIB }) }),
    );
    const where = `${count.toLocaleString('en')} spans in a burst, vendor hangs, ${spool ? 'spool' : 'memory'}`;
    if (!result) {
      figures.push(figure('R7', where, 'ends', `code ${code} ${stderr.slice(-200)}`, false));
      continue;
    }
    const { rss, p99, stats } = result;
    const dropped = Object.values(stats.dropped).reduce((sum, each) => sum + each, 0);
    const known = stats.delivered + stats.coalesced + stats.rejected + dropped + stats.spooled;
    const gap = count - known;
    figures.push(
      timed('R7', `${where}: peak RSS`, '<= 256 MB', `${Math.round(rss / MIB)} MB`, rss <= 256 * MIB),
      timed('R7', `${where}: span.end() p99`, '<= 0.2 ms', `${p99.toFixed(3)} ms`, p99 <= 0.2),
      figure(
        'R5',
        `${where}: not in the books`,
        '0',
        `${gap} (${dropped} dropped, ${stats.spooled} spooled)`,
        gap === 0 && stats.enqueued === count,
      ),
    );
  }
  return figures;
}

/** The best of some rounds: other tenants of this machine only ever add. */
async function calls(rounds, count, vendor) {
  const best = { bare: Infinity, up: Infinity, hung: Infinity };
  for (let round = 0; round < rounds; round += 1) {
    for (const kind of Object.keys(best)) {
      vendor.behave = () => (kind === 'hung' ? { hang: true } : { status: 200 });
      const { result, stderr } = await withDirectory((dir) =>
        run('calls', { url: vendor.url, dir, durability: 'batch', count, bare: kind === 'bare' }),
      );
      if (!result) throw new Error(`calls, ${kind}: ${stderr}`);
      best[kind] = Math.min(best[kind], result.p99);
      vendor.cut();
    }
  }
  return best;
}

export async function load({ isShort }) {
  const vendor = await Vendor.start();
  try {
    const best = await calls(isShort ? ROUNDS.short : ROUNDS.long, isShort ? 1_500 : 3_000, vendor);
    vendor.behave = () => ({ hang: true });
    const added = (kind) => best.hung - best[kind];
    const of = (kind) => `${added(kind).toFixed(3)} ms (${best[kind].toFixed(3)} -> ${best.hung.toFixed(3)})`;
    return [
      timed('R6', 'a hung vendor adds to the p99 of an openai call', '<= 0.2 ms', of('up'), added('up') <= 0.2),
      timed(
        'R6',
        'Spanport with a hung vendor adds to a bare call, p99',
        '<= 0.2 ms',
        of('bare'),
        added('bare') <= 0.2,
      ),
      ...(await bursts(isShort ? 100_000 : 1_000_000, vendor.url)),
    ];
  } finally {
    await vendor.down();
  }
}
