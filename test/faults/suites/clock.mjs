/** R14: the wall clock jumps while the vendor is down. */
import { fileURLToPath, pathToFileURL } from 'node:url';
import { launch, sleep, until, withDirectory } from '../support/children.mjs';
import { figure, timed } from '../support/figures.mjs';
import { Vendor } from '../support/vendor.mjs';

const COUNT = 100;
const HOUR = 3_600_000;
/** Longer than any pause of ours after so short an outage, and far shorter than a jump. */
const LIMIT_MILLIS = 10_000;
const SHIM = pathToFileURL(fileURLToPath(new URL('../programs/jumping-clock.mjs', import.meta.url))).href;

async function jump(hours) {
  const vendor = await Vendor.start();
  try {
    return await withDirectory(async (dir) => {
      const url = vendor.url;
      await vendor.down();
      const at = process.hrtime.bigint() / 1_000_000n + 1_500n;
      const settings = { url, dir, durability: 'batch', prefix: 'c', perSecond: 100, count: COUNT };
      const { child, ended } = launch('producer', settings, {
        env: { FAULTS_JUMP_AT: String(at), FAULTS_JUMP_BY: String(hours * HOUR) },
        nodeOptions: ['--import', SHIM],
      });
      await sleep(3_000);
      await vendor.up();
      const back = Date.now();
      await until(() => vendor.count() >= COUNT, LIMIT_MILLIS);
      const millis = Date.now() - back;
      // What comes only because the process ends is too late.
      const there = vendor.count();
      child.stdin.end();
      const { code, stderr } = await ended;
      return {
        hours,
        there,
        copies: vendor.taken.length - vendor.count(),
        millis,
        isQuiet: code === 0 && stderr === '',
      };
    });
  } finally {
    await vendor.down();
  }
}

export async function clock() {
  const results = [];
  for (const hours of [1, -1]) results.push(await jump(hours));
  return results.flatMap(({ hours, there, copies, millis, isQuiet }) => {
    const name = `the wall clock jumps by ${hours > 0 ? '+' : '−'}1 h in an outage`;
    const isDelivered = there === COUNT && copies === 0 && isQuiet;
    return [
      figure('R14', `${name}: delivered, twice`, `${COUNT}, 0`, `${there}, ${copies}`, isDelivered),
      timed('R14', `${name}: wait after it`, '<= 10 s', `${(millis / 1_000).toFixed(1)} s`, millis <= LIMIT_MILLIS),
    ];
  });
}
