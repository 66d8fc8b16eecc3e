/**
 * Counts the instructions of a process between marks, by `valgrind --tool=callgrind`. Unlike CPU time, the count does not
 * depend on what else runs on the machine: two runs of the same code differ by about 1 %.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** V8 compiles on a thread of its own. On one thread its work is counted in the same place in every run. */
export const COUNTED = ['--expose-gc', '--single-threaded', '--hash-seed=1', '--random-seed=1'];

/** A function of libuv that nothing else calls: the child calls it through `os.getPriority()` at each mark. */
const MARK = 'uv_os_getpriority';

export function hasValgrind() {
  return spawnSync('valgrind', ['--version'], { stdio: 'ignore' }).status === 0;
}

/** @returns the command line that runs `node` with these arguments under valgrind, counts going to files in `folder` */
export function underValgrind(node, args, folder) {
  const options = [
    '--tool=callgrind',
    `--callgrind-out-file=${join(folder, 'count')}`,
    `--dump-before=${MARK}`,
    // V8 writes code while the process runs.
    '--smc-check=all-non-file',
    '--quiet',
  ];
  return { command: 'valgrind', args: [...options, node, ...args] };
}

/** @returns the instructions up to the first mark, then between each two marks */
export function countsIn(folder) {
  return readdirSync(folder)
    .flatMap((name) => (/^count\.\d+$/.test(name) ? [Number(name.slice('count.'.length))] : []))
    .sort((a, b) => a - b)
    .map((part) => {
      const total = /^(?:totals|summary): (\d+)/m.exec(readFileSync(join(folder, `count.${part}`), 'utf8'));
      if (!total) throw new Error(`callgrind wrote no total into ${join(folder, `count.${part}`)}.`);
      return Number(total[1]);
    });
}
