import { once } from 'node:events';
import { statSync } from 'node:fs';
import type { ArgsDef } from 'citty';
import { userDataFolder } from '../configuration/user-folders.ts';
import { spanToJson } from '../otlp/write-json.ts';
import { findSqlite } from '../sqlite/driver.ts';
import { lockFolder } from '../store/lock.ts';
import type { StoreReader } from '../store/reader.ts';
import { totalsOf } from '../store/reports.ts';
import { databaseFile } from '../store/store.ts';
import { StoreError } from '../store/store-error.ts';
import type { Command } from './command.ts';
import { Failure } from './failure.ts';
import { openReader } from './stored-data.ts';

const shared: ArgsDef = {
  data: { type: 'string', description: 'The data folder; else the user’s own', valueHint: 'FOLDER' },
};

type Args = Readonly<Record<string, unknown>>;

const folderOf = ({ data }: Args): string => (typeof data === 'string' ? data : userDataFolder(process.env));

const check: Command = {
  meta: { name: 'check', description: 'Check the data, and show what it contains' },
  args: { ...shared, json: { type: 'boolean', description: 'Print one JSON document' } },
  run({ args }): void {
    const folder = folderOf(args);
    const reader = openReader(folder);
    const problems = reader.db.all('PRAGMA integrity_check').map((row) => String(row['integrity_check']));
    const isSound = problems.length === 1 && problems[0] === 'ok';
    const totals = totalsOf(reader);
    reader.db.close();
    if (args['json']) {
      process.stdout.write(
        `${JSON.stringify({ folder, isSound, problems: isSound ? [] : problems, ...totals }, null, 2)}\n`,
      );
    } else {
      const size = (totals.bytes / 1e6).toFixed(1);
      process.stdout.write(
        `${folder}: ${totals.spans} spans, ${totals.interactions} interactions, ${totals.conversations} conversations, ${size} MB.\n`,
      );
      process.stdout.write(isSound ? 'The data is sound.\n' : `${problems.join('\n')}\n`);
    }
    if (!isSound) process.exitCode = 1;
  },
};

const vacuum: Command = {
  meta: { name: 'vacuum', description: 'Return free space to the disk; stop the gateway of the folder first' },
  args: shared,
  run({ args }): void {
    const folder = folderOf(args);
    const file = databaseFile(folder);
    // Reports a folder without data, or with newer data.
    openReader(folder).db.close();
    const before = statSync(file).size;
    shrink(file);
    const bytes = statSync(file).size;
    process.stdout.write(
      `${((before - bytes) / 1e6).toFixed(1)} MB were given back; ${(bytes / 1e6).toFixed(1)} MB are left.\n`,
    );
  },
};

function shrink(file: string): void {
  const open = findSqlite();
  if (!open) return;
  const db = open(file);
  try {
    const lock = lockFolder(open, file);
    db.exec('VACUUM');
    db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all();
    lock.close();
  } catch (error) {
    throw error instanceof StoreError ? new Failure(error.message) : error;
  } finally {
    db.close();
  }
}

const PAGE = 500;

const exporting: Command = {
  meta: { name: 'export', description: 'Write every span as OTLP/JSON, one request per line, to stdout' },
  args: shared,
  async run({ args }): Promise<void> {
    const reader = openReader(folderOf(args));
    for (const line of otlpLines(reader)) {
      if (!process.stdout.write(line)) await once(process.stdout, 'drain');
    }
    reader.db.close();
  },
};

/** By trace, the oldest first; each line can be imported again. */
function* otlpLines(reader: StoreReader): Generator<string> {
  let after = 0;
  for (;;) {
    const traces = reader.db.all('SELECT id, trace_id, project FROM traces WHERE id > ? ORDER BY id LIMIT 100', after);
    if (traces.length === 0) return;
    for (const trace of traces) {
      after = Number(trace['id']);
      let cursor: string | undefined;
      do {
        const page = reader.spans(String(trace['trace_id']), {
          project: String(trace['project']),
          limit: PAGE,
          ...(cursor !== undefined && { cursor }),
        });
        for (const { span } of page.items) yield `${spanToJson(span)}\n`;
        cursor = page.next;
      } while (cursor !== undefined);
    }
  }
}

const command: Command = {
  meta: { name: 'db', description: 'Check, shrink or export the gateway’s data' },
  examples: ['spanport db check', 'spanport db export > spans.jsonl'],
  subCommands: { check: () => check, vacuum: () => vacuum, export: () => exporting },
};
export default command;
