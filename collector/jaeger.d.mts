import type { Server } from './server.mjs';

export interface Jaeger {
  /** Base for OTLP over HTTP, without `/v1/traces`. */
  readonly otlpUrl: string;
  /** Base of the query API, without `/api`. */
  readonly queryUrl: string;
  readonly server: Server;
  close(): Promise<void>;
}

export interface JaegerOptions {
  readonly otlpPort?: number | string | undefined;
  readonly queryPort?: number | string | undefined;
  /** Keeps the traces in badger below this folder; in memory without it. */
  readonly directory?: string | undefined;
}

export declare function findJaeger(): string | undefined;
export declare function buildJaeger(): Promise<string>;
export declare function startJaeger(options?: JaegerOptions): Promise<Jaeger>;
