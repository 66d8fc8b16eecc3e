import type { Server } from './server.mjs';

export interface OtelcolOptions {
  /** A file of collector/configs, without `.yaml`. */
  readonly config: string;
  /** Files of collector/configs/overlays, without `.yaml`. */
  readonly overlays?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly otlpPort?: number;
  readonly healthPort?: number;
  readonly metricsPort?: number;
  readonly logFile?: string | undefined;
}

export interface Otelcol {
  readonly server: Server;
  readonly otlpPort: number;
  readonly healthPort: number;
  readonly metricsPort: number;
  /** Base for OTLP over HTTP, without `/v1/traces`. */
  readonly otlpUrl: string;
  readonly metricsUrl: string;
}

export declare const CONFIGURATIONS: readonly string[];
/** Each configuration and the overlays that belong to it, as they are validated. */
export declare const COMBINATIONS: readonly (readonly string[])[];
export declare function findOtelcol(): string | undefined;
export declare function buildOtelcol(): Promise<string>;
export declare function configArguments(name: string, overlays?: readonly string[]): string[];
export declare function startOtelcol(options: OtelcolOptions): Promise<Otelcol>;
