import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigurationError } from '../configuration/readers.ts';
import type { Interaction } from '../interaction/interaction.ts';
import { decode, recordKey } from '../vendors/kore/decode.ts';
import { fetchPage, type KoreAccess, type KoreQuery, urlOf } from './fetch-page.ts';
import { analyticsRates, type Clock, createRateLimiter, type RateClass, type Wait } from './rate-limiter.ts';
import { type ImportState, openState } from './state.ts';
import { momentFrom, splitWindows, type Window } from './windows.ts';

export interface KoreImportOptions extends KoreAccess {
  /** `2026-01-31`, or a time; without a zone it is UTC. */
  readonly from: string;
  /** The same; a bare date is read to its end. */
  readonly to: string;
  /** Kore's own filters, passed on unchanged: `isDeveloper`, `channel`, `featureName`, `taskId`, `userIds`, … */
  readonly filters?: Readonly<Record<string, unknown>>;
  /** Remembers what was read: an interrupted import continues, and a repeated one reads only what is new. */
  readonly stateFile?: string;
  /** Records per request. Default 100. */
  readonly pageSize?: number;
  /** Default: Kore's 60 per minute and 1,800 per hour. */
  readonly rates?: readonly RateClass[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: KoreImportProgress) => void;
  /** Called before each wait, with its length and reason. */
  readonly onWait?: (wait: Wait) => void;
  /** Called for each record that could not be read, with the reason. */
  readonly onUnreadable?: (record: unknown, error: unknown) => void;
  /** For tests. */
  readonly clock?: Clock;
}

export interface KoreImportProgress {
  /** ISO 8601. */
  readonly window: { readonly from: string; readonly to: string };
  readonly summary: KoreImportSummary;
}

export interface KoreImportSummary {
  /** Pages read. */
  readonly pages: number;
  /** Records that Kore sent. */
  readonly records: number;
  /** Interactions passed on. */
  readonly interactions: number;
  /** Records that an earlier page or run had already. */
  readonly duplicates: number;
  /** Records that could not be read. */
  readonly unreadable: number;
}

const PAGE_SIZE = 100;

/** A call is logged when it ends, so records are added to a window for a while after its time. */
const LATE_MILLIS = 3_600_000;

const realClock: Clock = {
  now: Date.now,
  sleep: (millis, signal) => sleep(millis, undefined, signal ? { signal } : {}),
};

/**
 * Reads a bot's usage logs out of a Kore host, oldest window first. A page is remembered after all of its interactions
 * were taken, so an interruption repeats at most one page, with the same ids.
 * @throws ConfigurationError for an invalid option
 * @throws KoreImportError when Kore rejects a request or cannot be reached; what was read before stays read
 */
export async function importKore(
  options: KoreImportOptions,
  onInteraction: (interaction: Interaction) => void | Promise<void>,
): Promise<KoreImportSummary> {
  const range = rangeOf(options);
  const { clock = realClock, pageSize = PAGE_SIZE, signal, onProgress, onWait } = options;
  const state = await openState(options.stateFile, options.botId);
  const ready = createRateLimiter(options.rates ?? analyticsRates, clock, onWait);
  const count = { pages: 0, records: 0, interactions: 0, duplicates: 0, unreadable: 0 };
  // The longest page so far. A host may limit pages to less than the requested size, so only a page that is shorter than
  // this one is the last.
  let fullPage = 0;

  for (const window of splitWindows(range)) {
    // New records appear at the front of a window, so a position in an open one is not valid for the next run.
    const isClosed = window.to + LATE_MILLIS < clock.now();
    const start = isClosed ? state.positionOf(window) : undefined;
    if (start?.done) continue;

    for (let skip = start?.skip ?? 0, done = false; !done; ) {
      const page = await fetchPage(options, queryOf(options, window, pageSize, skip), clock, ready, { signal, onWait });
      const fresh = freshIn(page, state, count, options.onUnreadable);
      for (const { interactions } of fresh) {
        for (const interaction of interactions) {
          await onInteraction(interaction);
          count.interactions += 1;
        }
      }
      skip += page.length;
      done = page.length === 0 || page.length < Math.min(fullPage, pageSize);
      fullPage = Math.max(fullPage, page.length);
      count.pages += 1;
      count.records += page.length;
      await state.add(
        window,
        fresh.map(({ key }) => key),
        isClosed ? { skip, done } : undefined,
      );
      onProgress?.({ window: { from: iso(window.from), to: iso(window.to) }, summary: { ...count } });
    }
  }
  return count;
}

function rangeOf(options: KoreImportOptions): Window {
  for (const [name, value] of [
    ['host', options.host],
    ['botId', options.botId],
    ['clientId', options.clientId],
    ['clientSecret', options.clientSecret],
  ] as const)
    if (!value?.trim())
      throw new ConfigurationError(`The Kore import needs ${name}: pass it, or set ${variables[name]}.`);
  if (!URL.canParse(urlOf(options)))
    throw new ConfigurationError(
      `KORE_HOST is '${options.host}', which is not a valid host name. Use a host such as platform.kore.ai.`,
    );

  const from = momentFrom(options.from, 'from');
  const to = momentFrom(options.to, 'to');
  if (from === undefined || to === undefined)
    throw new ConfigurationError(
      `'${from === undefined ? options.from : options.to}' is not a valid date. Use a date such as 2026-01-31 or 2026-01-31T08:00:00Z.`,
    );
  if (to < from) throw new ConfigurationError(`The import ends (${options.to}) before it begins (${options.from}).`);
  return { from, to };
}

const variables = {
  host: 'KORE_HOST',
  botId: 'KORE_BOT_ID',
  clientId: 'KORE_CLIENT_ID',
  clientSecret: 'KORE_CLIENT_SECRET',
} as const;

function queryOf({ filters }: KoreImportOptions, window: Window, limit: number, skip: number): KoreQuery {
  return { ...filters, dateFrom: iso(window.from), dateTo: iso(window.to), limit, skip };
}

const iso = (millis: number): string => new Date(millis).toISOString();

interface Fresh {
  readonly key: string;
  readonly interactions: readonly Interaction[];
}

/** The records of a page that were not read before. */
function freshIn(
  page: readonly unknown[],
  state: ImportState,
  count: { duplicates: number; unreadable: number },
  onUnreadable: KoreImportOptions['onUnreadable'],
): readonly Fresh[] {
  const here = new Set<string>();
  return page.flatMap((record) => {
    try {
      const key = recordKey(record);
      if (state.has(key) || here.has(key)) {
        count.duplicates += 1;
        return [];
      }
      const interactions = decode(record);
      here.add(key);
      return [{ key, interactions }];
    } catch (error) {
      count.unreadable += 1;
      onUnreadable?.(record, error);
      return [];
    }
  });
}
