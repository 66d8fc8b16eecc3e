/**
 * G2: a simulated power cut. A preloaded library records the writes and synchronisations of the database files; after a
 * kill the files are made again from what was synchronised, every other time with some of the later writes in any order.
 * Not simulated: torn sectors, a disk that reports a synchronisation it did not do, and names of files that get lost.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { sleep, withDirectory } from '../support/children.mjs';
import { figure, skipped } from '../support/figures.mjs';
import { books, sendUntilGone, startGateway, verdict } from '../support/gateway.mjs';
import { seeded } from '../support/random.mjs';

const SOURCE = fileURLToPath(new URL('../support/power.c', import.meta.url));
const FILES = ['spanport.db', 'spanport.db-wal'];
const HEADER_BYTES = 24;
const [WRITE, TRUNCATE, SYNCHRONISE] = [1, 2, 3];
const NAME = 'gateway, simulated power cuts';

async function compiled(folder) {
  const library = join(folder, 'power.so');
  await promisify(execFile)('cc', ['-shared', '-fPIC', '-O1', '-o', library, SOURCE, '-ldl']);
  return library;
}

function* recordsOf(journal) {
  const bytes = readFileSync(journal);
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const operation = bytes.readUInt32LE(at);
    const file = bytes.readUInt32LE(at + 4);
    const offset = Number(bytes.readBigUInt64LE(at + 8));
    const length = operation === WRITE ? Number(bytes.readBigUInt64LE(at + 16)) : 0;
    at += HEADER_BYTES;
    yield { operation, file, offset, data: bytes.subarray(at, at + length) };
    at += length;
  }
}

/** What the disk holds of a file: all up to its last synchronisation, and of later writes those that `survives` picks. */
function contentAfterCut(base, records, survives) {
  const last = records.findLastIndex(({ operation }) => operation === SYNCHRONISE);
  let content = base;
  for (const [index, { operation, offset, data }] of records.entries()) {
    if (index > last && !survives()) continue;
    if (operation === TRUNCATE) content = content.subarray(0, offset);
    if (operation !== WRITE) continue;
    if (content.length < offset + data.length) {
      const larger = Buffer.alloc(offset + data.length);
      content.copy(larger);
      content = larger;
    }
    data.copy(content, offset);
  }
  return content;
}

function cut(folder, base, journal, survives) {
  const records = [...recordsOf(journal)];
  let dropped = 0;
  for (const [file, name] of FILES.entries()) {
    const own = records.filter((record) => record.file === file);
    const last = own.findLastIndex(({ operation }) => operation === SYNCHRONISE);
    dropped += own.length - 1 - last;
    writeFileSync(join(folder, name), contentAfterCut(base[file], own, survives));
  }
  rmSync(join(folder, 'spanport.db-shm'), { force: true });
  return dropped;
}

export async function gatewayPower({ isShort, log }) {
  const least = isShort ? 4 : 50;
  let count = 0;
  const random = seeded(11);
  const acknowledged = new Set();
  let next = 0;
  let dropped = 0;
  const nextId = () => (++next).toString(16).padStart(16, '0');
  return withDirectory(async (scratch) => {
    const folder = join(scratch, 'data');
    const journal = join(scratch, 'journal');
    let library;
    try {
      library = await compiled(scratch);
    } catch (error) {
      return [skipped('G2', NAME, '0', `the library that records writes could not be compiled: ${error.code}`)];
    }
    // Cuts prove nothing while nothing was acknowledged, and no write waits for its synchronisation.
    const provesNothing = () => dropped === 0 || acknowledged.size === 0;
    while (count < least || (provesNothing() && count < 5 * least)) {
      const index = count;
      count += 1;
      const base = FILES.map((name) => {
        const file = join(folder, name);
        return existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
      });
      const before = acknowledged.size;
      const env = { LD_PRELOAD: library, SPANPORT_POWER_JOURNAL: journal };
      const { child, url, ended } = await startGateway(folder, { env });
      const senders = [0, 1, 2].map(() => sendUntilGone(url, acknowledged, nextId));
      await sleep(100 + random() * 700);
      child.kill('SIGKILL');
      await Promise.all([ended, ...senders]);
      if (!existsSync(journal)) {
        // The kill came before the first write, unless something was acknowledged.
        if (acknowledged.size === before) continue;
        return [skipped('G2', NAME, '0', 'this SQLite does not write through the C library')];
      }
      dropped += cut(folder, base, journal, () => index % 2 === 1 && random() < 0.5);
      rmSync(journal);
      if (index % 10 === 9) log(`${index + 1} cuts, ${acknowledged.size} spans acknowledged`);
    }
    const { lost, doubled, unindexed, isSound } = verdict(await books(folder), acknowledged);
    const where = `${NAME} (${count}; ${dropped} writes were not synchronised)`;
    const isReal = acknowledged.size > 0 && dropped > 0;
    return [
      figure('G2', `${where}: acknowledged and lost`, '0', `${lost} of ${acknowledged.size}`, isReal && lost === 0),
      figure('G2', `${where}: stored twice`, '0', doubled, doubled === 0),
      figure('G2', `${where}: stored and not indexed`, '0', unindexed, unindexed === 0),
      figure('G2', `${where}: integrity check`, 'clean', isSound ? 'clean' : 'damaged', isSound),
    ];
  });
}
