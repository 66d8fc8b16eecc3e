/** What the demo and the preview need to play a vendor's server. */
export interface VendorDemo {
  /** Names of the exporter's options that hold credentials, and of the one that says where it sends. */
  readonly keyOptions: readonly string[];
  readonly urlOption: string;
  /** The path of that URL on the vendor's own host. */
  readonly urlPath: string;
  /** The requests that bring records. */
  readonly method: 'POST' | 'PUT';
  readonly path: string;
  /** Further paths that its exporter posts to. They are accepted, and bring no records. */
  readonly otherPaths?: readonly string[];
  /** The key that a request was sent with; undefined where the vendor has none. */
  keyOf(request: DemoRequest): unknown;
  accepted(body: DemoRequest['body']): unknown;
  refused(status: number, message: string): DemoRefusal;
  /** How many payloads two chat requests of one conversation and one run make, at least. */
  readonly payloads: number;
}

export interface DemoRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface DemoRefusal {
  readonly body: unknown;
  readonly contentType?: string;
}

/** The key after `Bearer`. */
export function bearerOf({ headers }: DemoRequest): unknown {
  return String(headers['authorization'] ?? '').replace(/^Bearer /, '');
}
