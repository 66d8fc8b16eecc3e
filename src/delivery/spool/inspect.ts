import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { findSqlite } from '../../sqlite/driver.ts';
import { systemClock } from '../clock.ts';
import { Outbox } from './outbox.ts';
import { leftBehind } from './overflow.ts';
import { ownerOf } from './owner.ts';
import { createSpoolFile, hasSpool as holdsRecords, spoolPath } from './spool-file.ts';

export interface DeadLetter {
  readonly destination: string;
  readonly key: string;
  /** What the destination answered, or why it could not be sent. */
  readonly reason: string;
  /** When, in ms since 1970. */
  readonly at: number;
}

/** What waits for one destination. */
export interface SpoolStatus {
  readonly name: string;
  readonly records: number;
  readonly bytes: number;
  /** When the oldest of them was written, in ms since 1970. */
  readonly oldest: number;
}

/** Whether a directory holds a spool. */
export function hasSpool(dir: string): boolean {
  return holdsRecords(resolve(dir));
}

/**
 * What is in the spool of a directory, for all destinations or one. Safe while processes write to it. A directory
 * without a spool is an empty one.
 * @throws when there is no SQLite, or the file is damaged
 */
export function spoolStatus(
  dir: string,
  destination?: string,
): { readonly destinations: readonly SpoolStatus[]; readonly dead: readonly DeadLetter[] } {
  const isAsked = (name: string): boolean => destination === undefined || name === destination;
  const status = withOutbox(dir, (outbox) => {
    const now = Date.now();
    return {
      destinations: Object.entries(outbox.totals())
        .filter(([name, { records }]) => isAsked(name) && records > 0)
        .map(([name, { records, bytes, oldestAgeMillis }]) => ({
          name,
          records,
          bytes,
          oldest: now - oldestAgeMillis,
        })),
      dead: outbox.deadLetters(destination).map((row) => ({
        destination: String(row['destination']),
        key: String(row['key']),
        reason: String(row['reason']),
        at: Number(row['at']),
      })),
    };
  });
  return status ?? { destinations: [], dead: [] };
}

/**
 * Puts dead letters back among what waits, for all destinations or one; the next process that delivers sends them.
 * @param isChosen which of them, by key; default: all
 * @returns how many
 * @throws as {@link spoolStatus}
 */
export function replayDeadLetters(dir: string, destination?: string, isChosen?: (key: string) => boolean): number {
  return withOutbox(dir, (outbox) => outbox.replay(destination, isChosen)) ?? 0;
}

export interface DropOptions {
  /** Default: all. */
  readonly destination?: string | undefined;
  /** Which records, by key. Default: all. */
  readonly isChosen?: (key: string) => boolean;
  /** What has not been delivered goes, too. Default: dead letters alone. */
  readonly waiting?: boolean;
  /** What destinations have under these order keys goes, too. */
  readonly orderKeys?: readonly string[];
}

/**
 * Removes records for good.
 * @returns how many
 * @throws as {@link spoolStatus}
 */
export function dropRecords(dir: string, options: DropOptions = {}): number {
  const { destination, isChosen, waiting = false, orderKeys = [] } = options;
  const drop = (outbox: Outbox): number => {
    outbox.dropStates(orderKeys);
    return outbox.dropDead(destination, isChosen) + (waiting ? outbox.dropWaiting(destination, isChosen) : 0);
  };
  return withOutbox(dir, drop) ?? 0;
}

/**
 * Lets records be sent again that were delivered in the last 24 h, which are otherwise taken for resends. Records that
 * wait are not sent twice.
 * @throws as {@link spoolStatus}
 */
export function forgetDelivered(dir: string, destination: string, keys: readonly string[]): void {
  withOutbox(dir, (outbox) => outbox.forgetDelivered(destination, keys));
}

function withOutbox<T>(dir: string, work: (outbox: Outbox) => T): T | undefined {
  const file = spoolPath(resolve(dir));
  if (!hasSpool(dir)) return undefined;
  const open = findSqlite();
  if (!open) throw new Error('this Node has no SQLite: run npm i libsql');
  // A process may have been killed before its records had a database.
  if (!existsSync(file)) createSpoolFile(file);
  // Nothing is added here that was not in the directory before.
  const outbox = new Outbox(open(file), { maxBytes: Number.POSITIVE_INFINITY });
  try {
    for (const { frames } of leftBehind(resolve(dir), ownerOf(systemClock))) outbox.adopt(frames);
    return work(outbox);
  } finally {
    outbox.close();
  }
}
