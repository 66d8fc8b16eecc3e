/** R15: hours in small. 200 spans a second against a vendor that fails one request in ten; memory and descriptors over time. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { launch, sleep, until, withDirectory } from '../support/children.mjs';
import { figure, skipped, timed } from '../support/figures.mjs';
import { seeded } from '../support/random.mjs';
import { Vendor } from '../support/vendor.mjs';

const PER_SECOND = 200;
const SAMPLE_MILLIS = 1_000;
const MIB = 1 << 20;
/** Below this the heap still grows into its size. */
const MIN_MINUTES = 5;

const residentBytes = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1_024;
const descriptors = (pid) => readdirSync(`/proc/${pid}/fd`).length;

/** Least squares; per sample. */
function slope(values) {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
  const up = values.reduce((sum, each, index) => sum + (index - middle) * (each - mean), 0);
  return up / values.reduce((sum, _, index) => sum + (index - middle) ** 2, 0);
}

export async function soak({ minutes }) {
  const name = `soak, ${minutes} min at ${PER_SECOND}/s, 10 % faults`;
  if (minutes === 0) return [];
  if (!existsSync('/proc/self/status')) return [skipped('R15', name, '', 'needs /proc')];
  const random = seeded(15);
  const vendor = await Vendor.start(() => (random() < 0.1 ? { status: 503 } : { status: 200 }));
  // What the vendor keeps of each request is not what is measured, but it need not grow, either.
  const count = PER_SECOND * minutes * 60;
  try {
    return await withDirectory(async (dir) => {
      const settings = { url: vendor.url, dir, durability: 'batch', prefix: 's', perSecond: PER_SECOND, count };
      const { child, ended } = launch('producer', settings);
      const samples = [];
      for (let taken = 0; taken < minutes * 60; taken += 1) {
        await sleep(SAMPLE_MILLIS);
        samples.push({ resident: residentBytes(child.pid), open: descriptors(child.pid) });
      }
      await until(() => vendor.count() >= count, 30_000);
      const files = readdirSync(dir).reduce((sum, file) => sum + statSync(join(dir, file)).size, 0);
      child.stdin.end();
      const { stdout } = await ended;
      const { stats } = JSON.parse(stdout.trim().split('\n').at(-1));
      const warm = samples.slice(Math.floor(samples.length / 3));
      const perTenMinutes = (slope(warm.map(({ resident }) => resident)) * 600) / MIB;
      const open = warm.map((each) => each.open);
      const lost = count - vendor.count();
      const growth = timed(
        'R15',
        `${name}: resident memory`,
        '<= 1 MB per 10 min',
        `${perTenMinutes.toFixed(1)} MB`,
        perTenMinutes <= 1,
      );
      return [
        minutes >= MIN_MINUTES
          ? growth
          : { ...growth, isMet: undefined, note: `${minutes} min are too short to tell growth from warm-up` },
        figure(
          'R15',
          `${name}: open descriptors, least to most`,
          'within 10',
          `${Math.min(...open)} to ${Math.max(...open)}`,
          Math.max(...open) - Math.min(...open) <= 10,
        ),
        figure(
          'R15',
          `${name}: lost, waiting at the end`,
          '0, 0',
          `${lost}, ${stats.spooled}`,
          lost === 0 && stats.spooled === 0,
          `the spool's files had ${(files / MIB).toFixed(1)} MiB at the end: the names of what was delivered, kept 24 h`,
        ),
      ];
    });
  } finally {
    await vendor.down();
  }
}
