export interface FollowedRecord {
  readonly value: Buffer;
  /** When the broker appended it (Unix milliseconds), and its offset. */
  readonly place: { readonly at: number; readonly offset: number };
}

export declare class Follower {
  constructor(options: {
    readonly bootstrap: string;
    readonly topic: string;
    readonly partitions: number;
    readonly onRecord: (record: FollowedRecord) => void;
  });
  close(): Promise<void>;
}
