export interface Vendors {
  /** For a gateway that forwards to all of them. */
  readonly environment: Readonly<Record<string, string>>;
  readonly received: readonly {
    readonly name: string;
    readonly method: string;
    readonly path: string;
    readonly body: string;
  }[];
  /** From now on the vendor that refused takes everything. */
  accept(): void;
  close(): Promise<void>;
}

/** Status, JSON and headers of an answer to a body. */
type AnswerTo = (body: string) => readonly [number, unknown, Readonly<Record<string, string>>?];

export function startVendors(over?: Readonly<Record<string, AnswerTo>>): Promise<Vendors>;
