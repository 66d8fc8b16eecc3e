import type { Server } from './server.mjs';

export interface Topic {
  readonly name: string;
  readonly content: string;
  readonly partitions: number;
  readonly configs: Readonly<Record<string, string>>;
}

export interface Kafka {
  readonly server: Server;
  readonly port: number;
  /** `127.0.0.1:PORT`, for the clients. */
  readonly bootstrap: string;
  /** Where clients with TLS and SASL connect, if the broker is secure. */
  readonly saslBootstrap: string | undefined;
  /** Where clients with a certificate connect, if the broker is secure. */
  readonly tlsBootstrap: string | undefined;
}

/** TLS, users and rights of a broker. */
export interface SecureKafka {
  /** PEM: the private key and its certificate in one file. */
  readonly keyFile: string;
  /** PEM: whose certificates are accepted from clients. */
  readonly certificateFile: string;
  /** Passwords by user, for PLAIN and SCRAM-SHA-512. */
  readonly users: Readonly<Record<string, string>>;
}

export declare const TOPICS: readonly Topic[];
export declare function findKafka(): string | undefined;
export declare function installKafka(): Promise<string>;
export declare function startKafka(options: {
  readonly directory: string;
  readonly port?: number | string | undefined;
  readonly logFile?: string | undefined;
  readonly secure?: SecureKafka | undefined;
}): Promise<Kafka>;
export declare function createTopics(options: {
  readonly bootstrap: string;
  readonly partitions?: number | undefined;
  readonly replication?: number;
  readonly topics?: readonly Topic[];
}): Promise<string[]>;
