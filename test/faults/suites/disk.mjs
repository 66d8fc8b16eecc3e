/** R5 and R13: the spool is full, the disk is full, the disk is read-only. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch, run, sleep, until, withDirectory } from '../support/children.mjs';
import { figure, skipped } from '../support/figures.mjs';
import { Vendor } from '../support/vendor.mjs';

const MIB = 1 << 20;
const COUNT = 300;
/** Records that a sender has in hand are not dropped. */
const MAX_UNDER_WAY = 500;
/** The disk is asked again every 30 s. */
const RECOVERY_MILLIS = 45_000;

/** What a spool of 1 MiB cannot hold goes, oldest first, while the vendor is down; the rest is delivered when it is back. */
async function fullSpool() {
  const count = 10_000;
  const vendor = await Vendor.start();
  try {
    return await withDirectory(async (dir) => {
      await vendor.down();
      const settings = {
        url: vendor.url,
        dir,
        durability: 'batch',
        maxBytes: MIB,
        prefix: 'f',
        perSecond: 2_000,
        count,
      };
      const { child, ended } = launch('producer', settings);
      let made = false;
      child.stdout.on('data', () => {
        made = true;
      });
      await until(() => made, 60_000);
      await sleep(500);
      await vendor.up();
      // Until nothing more comes.
      for (let last = -1; last !== vendor.count() || last === 0; ) {
        last = vendor.count();
        await sleep(2_000);
      }
      child.stdin.end();
      const { stdout } = await ended;
      const { stats } = JSON.parse(stdout.trim().split('\n').at(-1));
      const dropped = Object.values(stats.dropped).reduce((sum, each) => sum + each, 0);
      const gap = count - vendor.count() - dropped - stats.spooled;
      // Had only the oldest gone, these would not be there. Some were under way when their turn came.
      const strays = [...vendor.books().keys()].filter((marker) => Number(marker.slice(1)) < dropped).length;
      return [
        figure(
          'R5',
          `${count} records into a spool of 1 MiB, vendor down: not in the books`,
          '0',
          `${gap} (${vendor.count()} delivered, ${dropped} dropped, ${stats.spooled} spooled)`,
          gap === 0 && dropped > 0,
        ),
        figure(
          'R5',
          'the oldest go first: delivered though older than what was dropped',
          `<= ${MAX_UNDER_WAY}`,
          strays,
          strays <= MAX_UNDER_WAY,
        ),
      ];
    });
  } finally {
    await vendor.down();
  }
}

/** A file system of its own; needs the right to mount. */
async function withTmpfs(options, use) {
  return await withDirectory(async (root) => {
    const at = join(root, 'disk');
    mkdirSync(at);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', at]);
    if (mounted.status !== 0) return undefined;
    try {
      return await use(at);
    } finally {
      spawnSync('umount', ['-l', at]);
    }
  });
}

const WHY = 'mounting a small file system takes rights that this user does not have';

/** The disk is full when the first records come, and has room later. */
async function fullDisk({ isShort }) {
  const name = 'disk full: delivered out of memory, warnings';
  const vendor = await Vendor.start();
  try {
    const figures = await withTmpfs('size=2m', async (disk) => {
      const ballast = join(disk, 'ballast');
      const { bavail, bsize } = statfsSync(disk);
      writeFileSync(ballast, Buffer.alloc(bavail * bsize));
      const dir = join(disk, 'spool');
      const settings = {
        url: vendor.url,
        dir,
        durability: 'batch',
        prefix: 'e',
        perSecond: 200,
        count: COUNT,
        warnings: true,
      };
      const { child, ended } = launch('producer', settings);
      await until(() => vendor.count() >= COUNT, 15_000);
      const without = vendor.count();
      let recovered;
      if (!isShort) {
        rmSync(ballast);
        recovered = await until(() => {
          try {
            return statfsSync(disk).bavail < bavail - 2;
          } catch {
            return false;
          }
        }, RECOVERY_MILLIS);
      }
      child.stdin.end();
      const { code, stdout } = await ended;
      const { warnings } = JSON.parse(stdout.trim().split('\n').at(-1));
      return [
        figure(
          'R13',
          name,
          `${COUNT}, 1`,
          `${without}, ${warnings.length}`,
          without === COUNT && warnings.length === 1 && code === 0,
        ),
        ...(recovered === undefined
          ? []
          : [figure('R13', 'disk has room again: spooled again', 'yes', recovered ? 'yes' : 'no', recovered)]),
      ];
    });
    return figures ?? [skipped('R13', name, `${COUNT}, 1`, WHY)];
  } finally {
    await vendor.down();
  }
}

async function readOnlyDisk() {
  const name = 'disk read-only: delivered out of memory, code';
  const vendor = await Vendor.start();
  try {
    const figures = await withTmpfs('ro', async (disk) => {
      const { code } = await run('answered', {
        url: vendor.url,
        dir: join(disk, 'spool'),
        durability: 'batch',
        count: COUNT,
      });
      return figure('R13', name, `${COUNT}, 0`, `${vendor.count()}, ${code}`, vendor.count() === COUNT && code === 0);
    });
    return figures ?? skipped('R13', name, `${COUNT}, 0`, WHY);
  } finally {
    await vendor.down();
  }
}

export async function disk(options) {
  return [...(await fullSpool()), ...(await fullDisk(options)), await readOnlyDisk()];
}
