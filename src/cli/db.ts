import { once } from 'node:events';
import { statSync } from 'node:fs';
import { changesFor } from '../exporter/destinations/span-view.ts';
import { LazyEndedSpan } from '../exporter/ended-span.ts';
import { asIs } from '../interaction/mask.ts';
import { spanToJson } from '../otlp/write-json.ts';
import { withProject } from '../semconv/project.ts';
import type { SpanData } from '../semconv/span-data.ts';
import { spanDataOf } from '../semconv/to-span.ts';
import { findSqlite } from '../sqlite/driver.ts';
import { lockFolder } from '../store/lock.ts';
import type { StoreReader } from '../store/reader.ts';
import { totalsOf } from '../store/reports.ts';
import { databaseFile } from '../store/store.ts';
import { StoreError } from '../store/store-error.ts';
import type { Command } from './command.ts';
import { Failure } from './failure.ts';
import { dataFolder, dataOption } from './own-gateway.ts';
import { openReader } from './stored-data.ts';

const check: Command = {
  meta: { name: 'check', description: 'Check the data, and show what it contains' },
  args: { ...dataOption, json: { type: 'boolean', description: 'Print one JSON document' } },
  async run({ args }): Promise<void> {
    const folder = await dataFolder(args);
    const reader = await openReader(folder);
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
  args: dataOption,
  async run({ args }): Promise<void> {
    const folder = await dataFolder(args);
    const file = databaseFile(folder);
    // Reports a folder without data, or with newer data.
    (await openReader(folder)).db.close();
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
    // Words of deleted interactions are in the full text until its parts are merged.
    db.exec("INSERT INTO interaction_text (interaction_text) VALUES ('optimize')");
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

/** With all of its content in attributes. What the gateway stored is masked. */
function lineOf(span: SpanData): string {
  if (!span.content) return spanToJson(span);
  return spanToJson(span, changesFor(new LazyEndedSpan(span, asIs, () => []), 'full', {}));
}

const exporting: Command = {
  meta: {
    name: 'export',
    description: 'Write every span and interaction as OTLP/JSON, one request per line, to stdout',
  },
  args: dataOption,
  async run({ args }): Promise<void> {
    const reader = await openReader(await dataFolder(args));
    for (const span of storedSpans(reader)) {
      if (!process.stdout.write(`${lineOf(span)}\n`)) await once(process.stdout, 'drain');
    }
    reader.db.close();
  },
};

/** By trace, the oldest first, then what came by the vendors' APIs. Each can be imported again. */
function* storedSpans(reader: StoreReader): Generator<SpanData> {
  yield* receivedSpans(reader);
  for (let after = 0; ; ) {
    const rows = reader.db.all(WITHOUT_SPAN, after, PAGE);
    if (rows.length === 0) return;
    for (const { id = 0, key, project } of rows) {
      after = Number(id);
      const found = reader.interaction(String(key), String(project));
      if (found) yield withProject(spanDataOf(found.interaction), String(project));
    }
  }
}

const WITHOUT_SPAN = `SELECT i.id, i.key, i.project FROM interactions i WHERE i.id > ? AND NOT EXISTS
    (SELECT 1 FROM spans s WHERE s.trace_id = i.trace_id AND s.span_id = i.span_id AND s.project = i.project)
  ORDER BY i.id LIMIT ?`;

function* receivedSpans(reader: StoreReader): Generator<SpanData> {
  let after = 0;
  for (;;) {
    const traces = reader.db.all('SELECT id, trace_id, project FROM traces WHERE id > ? ORDER BY id LIMIT 100', after);
    if (traces.length === 0) return;
    for (const trace of traces) {
      after = Number(trace['id']);
      const project = String(trace['project']);
      let cursor: string | undefined;
      do {
        const page = reader.spans(String(trace['trace_id']), {
          project,
          limit: PAGE,
          ...(cursor !== undefined && { cursor }),
        });
        for (const { span, interaction } of page.items) {
          const whole = interaction === undefined ? span : withContent(reader, span, interaction, project);
          yield withProject(whole, project);
        }
        cursor = page.next;
      } while (cursor !== undefined);
    }
  }
}

/** A span whose content came in GenAI events, or by a vendor's API, gets it. */
function withContent(reader: StoreReader, span: SpanData, interaction: string, project: string): SpanData {
  const ids = [span.traceId, span.spanId, project];
  const isDescribedByMore = ['logs', 'records'].some(
    (table) =>
      reader.db.all(`SELECT 1 FROM ${table} WHERE trace_id = ? AND span_id = ? AND project = ? LIMIT 1`, ...ids)
        .length > 0,
  );
  const found = isDescribedByMore ? reader.interaction(interaction, project) : undefined;
  const content = found && spanDataOf(found.interaction).content;
  return content ? { ...span, content } : span;
}

const command: Command = {
  meta: { name: 'db', description: 'Check, shrink or export the gateway’s data' },
  examples: ['spanport db check', 'spanport db export > spans.jsonl'],
  subCommands: { check: () => check, vacuum: () => vacuum, export: () => exporting },
};
export default command;
