export interface Jaeger {
  /** Base for OTLP over HTTP, without `/v1/traces`. */
  readonly otlpUrl: string;
  /** Base of the query API, without `/api`. */
  readonly queryUrl: string;
  close(): Promise<void>;
}

export declare function findJaeger(): string | undefined;
export declare function buildJaeger(): Promise<string>;
export declare function startJaeger(): Promise<Jaeger>;
