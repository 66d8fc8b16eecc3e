/** R1, R2 and R3: kill -9 at random moments while the vendor is flaky; then a healthy vendor and one more start. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { drain, launch, sleep, withDirectory } from '../support/children.mjs';
import { figure, timed } from '../support/figures.mjs';
import { seeded } from '../support/random.mjs';
import { flaky, Vendor } from '../support/vendor.mjs';

/** Every eighth kill falls into the start-up, before the first span; the others come after it, however slow it is. */
const START_UP_MILLIS = 150;
const RUN_MILLIS = 900;
/** Requests of one process that may be under way when it is killed. */
const CONCURRENCY = 8;

async function killOnce(settings, index, random) {
  const durability = index % 2 === 0 ? 'sync' : 'batch';
  const { child, ended } = launch('producer', { ...settings, durability, announces: true });
  const started = new Promise((resolve) => child.stdout.once('data', resolve));
  if (index % 8 === 7) await sleep(random() * START_UP_MILLIS);
  else {
    await Promise.race([started, ended]);
    await sleep(random() * RUN_MILLIS);
  }
  child.kill('SIGKILL');
  await ended;
}

/** So many kills, shared by so many processes that live on one directory at a time. */
async function loop(kills, processes) {
  const random = seeded(processes);
  const vendor = await Vendor.start(flaky(seeded(100 + processes)));
  try {
    return await withDirectory(async (dir) => {
      const acks = join(dir, 'acks');
      const settings = { url: vendor.url, dir: join(dir, 'spool'), acks, perSecond: 200 };
      const lane = async (own) => {
        for (let index = 0; index < kills / processes; index += 1) {
          await killOnce({ ...settings, prefix: `p${own}-${index}-` }, index + own, random);
        }
      };
      await Promise.all(Array.from({ length: processes }, (_, own) => lane(own)));
      vendor.behave = () => ({ status: 200 });
      const acked = existsSync(acks) ? readFileSync(acks, 'utf8').split('\n').filter(Boolean) : [];
      const isThere = () => {
        const books = vendor.books();
        return acked.every((marker) => books.has(marker));
      };
      await drain({ ...settings, durability: 'batch' }, isThere, 60_000);
      return { acked, vendor, lost: acked.filter((marker) => !vendor.books().has(marker)) };
    });
  } finally {
    await vendor.down();
  }
}

export async function kills({ isShort, log }) {
  const count = isShort ? 16 : 200;
  const figures = [];
  for (const processes of [1, 2]) {
    const id = processes === 1 ? 'R1' : 'R2';
    const { acked, vendor, lost } = await loop(count, processes);
    const books = [...vendor.books().values()];
    const copies = books.reduce((sum, entry) => sum + entry.copies - 1, 0);
    const renamed = books.filter(({ references }) => references.size > 1).length;
    const share = (100 * copies) / Math.max(1, books.length);
    if (lost.length > 0) log(`${id} lost: ${lost.slice(0, 20).join(' ')}`);
    const where = `${count} kills, ${processes === 1 ? 'one process' : 'two processes on one directory'}`;
    figures.push(
      figure(
        id,
        `${where}: acknowledged and lost`,
        '0',
        `${lost.length} of ${acked.length}`,
        acked.length > 0 && lost.length === 0,
      ),
      figure(id, `${where}: duplicates under another id`, '0', `${renamed} of ${copies}`, renamed === 0),
      figure(
        'R3',
        `${where}: extra copies`,
        'lost answers and a batch a kill',
        `${copies}; ${vendor.lostAnswers} lost answers`,
        copies <= vendor.lostAnswers + count * CONCURRENCY,
      ),
    );
    // A machine that makes few records between two kills has a larger share of copies.
    if (processes === 1)
      figures.push(timed('R3', `${where}: extra copies`, '< 20 %', `${share.toFixed(1)} %`, share < 20));
  }
  return figures;
}
