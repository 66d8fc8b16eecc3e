import { RecentMap } from '../bounded/recent-map.ts';

/** What is known of the latest calls, by one of their ids. */
export interface Memory {
  get(id: string): string | undefined;
  set(id: string, value: string): void;
}

/**
 * - `answered`: by response, the span that reported its answer; a later fetch makes no second record.
 * - `answers`: by any id of a call, the vendor's id of its answer, to which feedback refers.
 * - `histories`: by its messages so far, the conversation that it belongs to.
 */
export type MemoryName = 'answered' | 'answers' | 'histories';

export type OpenMemory = (name: MemoryName) => Memory;

const MAX_KNOWN = 10_000;

export const openMemory: OpenMemory = () => new RecentMap<string>({ maxWeight: MAX_KNOWN });
