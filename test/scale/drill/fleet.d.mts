import type { Kafka } from '../../../collector/kafka.mjs';
import type { Otelcol } from '../../../collector/otelcol.mjs';
import type { Server } from '../../../collector/server.mjs';

export interface FleetOptions {
  readonly partitions: number;
  readonly destinations: readonly string[];
  readonly vendorEnvironment: Readonly<Record<string, string>>;
  /** How long an interaction waits for one that comes before it; 1000 by default. */
  readonly orderWindowMillis?: number;
  /** Where the logs go; removed with the data by default. */
  readonly logs?: string | undefined;
}

export declare class Fleet {
  constructor(options: FleetOptions);
  readonly directory: string;
  readonly agentUrl: string;
  kafka: Kafka;
  tier: Otelcol;
  agent: Otelcol;
  readonly workers: Map<string, { readonly name: string; readonly port: number; readonly server: Server }>;
  start(options: { readonly workers: number }): Promise<void>;
  startBroker(): Promise<void>;
  startTier(): Promise<void>;
  startAgent(): Promise<void>;
  /** Resolves to its name. */
  addWorker(): Promise<string>;
  killWorker(name: string, signal?: NodeJS.Signals): Promise<void>;
  settled(): Promise<void>;
  counters(): Promise<Record<string, number>>;
  stop(): Promise<void>;
}
