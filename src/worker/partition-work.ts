import type { TopicRecord } from './kafka/record.ts';

/** What a stage does with the records of one partition. */
export interface PartitionWork {
  /** Takes the next record. It must not block. @param settle to be called once nothing of it can be lost any more */
  take(record: TopicRecord, settle: () => void): void;
  /** Time passed. Not called while the brokers are silent: no record that others wait for could come. */
  tick(): void;
  /** Records that wait for no other one, only to be taken by what comes next. More of them would only fill the memory. */
  readonly ready: number;
  /** The brokers answer again: what waited for other records when they fell silent waits for them anew. */
  resume(): void;
  /** The partition has no room: stops waiting for other records, with as much as makes room. */
  relieve(): void;
  /** Takes nothing more. Resolves when nothing is under way. */
  close(): Promise<void>;
}
