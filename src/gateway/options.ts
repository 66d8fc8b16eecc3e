import { resolve } from 'node:path';
import { discoveryFile } from '../configuration/discovery.ts';
import type { Environment } from '../configuration/environment.ts';
import { ConfigurationError, listFrom, withoutCredentials } from '../configuration/readers.ts';
import { userDataFolder } from '../configuration/user-folders.ts';
import type { ContentMode } from '../exporter/content-policy.ts';
import type { Mask } from '../interaction/mask.ts';
import { isLoopback } from './access.ts';
import { type ClientKey, clientKeysFrom } from './client-keys.ts';
import { createLog, type Log } from './log.ts';

/** Options of {@link startGateway}. */
export interface GatewayOptions {
  /** Default 4318; 0 takes any free port. */
  readonly port?: number;
  /** OTLP over gRPC; needs `@grpc/grpc-js`. Default: 4317 with the default port, else none. 0 takes any free port. */
  readonly grpcPort?: number;
  /** Default 127.0.0.1. Any other address needs a token. */
  readonly host?: string;
  /** The folder for the data. Default: the user's own, `$XDG_DATA_HOME/spanport`. */
  readonly data?: string;
  /** Every request has to carry it, as `Authorization: Bearer` or as the vendor client's own key. */
  readonly token?: string;
  /**
   * Keys that vendors' clients may use, such as `{ vendor: 'athina', secret: '…' }`. A vendor without any accepts every
   * client, or the token alone where there is one. Default: `SPANPORT_CLIENT_KEYS`.
   */
  readonly clientKeys?: readonly ClientKey[];
  /** Further names under which the gateway is reached, such as that of a container. */
  readonly allowedHosts?: readonly string[];
  /** Data older than this is removed. Default: 30 days. */
  readonly maxAgeDays?: number;
  /** With more data than this the oldest is removed. Default: 2 GB. */
  readonly maxBytes?: number;
  /** How much content of messages is stored. Default: `full`. */
  readonly content?: ContentMode;
  /** Applied to every text before it is stored, after the built-in patterns for secrets. */
  readonly mask?: Mask;
  /** Destinations that everything is sent on to, as in `SPANPORT_DESTINATIONS`. Default: `SPANPORT_FORWARD`, else none. */
  readonly forward?: readonly string[];
  /** The page of a Jaeger that has the same traces, such as `http://localhost:16686`. Default: `SPANPORT_JAEGER_URL`. */
  readonly jaegerUrl?: string;
  /** Whether applications of this user find the gateway by themselves. Default: true on the default port. */
  readonly discoverable?: boolean;
  /** Receives each line of the log. Default: stderr. */
  readonly log?: (line: string) => void;
}

export interface ResolvedOptions {
  readonly port: number;
  readonly grpcPort: number | undefined;
  readonly host: string;
  readonly folder: string;
  readonly token: string | undefined;
  readonly clientKeys: readonly ClientKey[];
  readonly allowedHosts: readonly string[];
  readonly retention: { readonly maxAgeSeconds?: number; readonly maxBytes?: number };
  readonly content: ContentMode;
  readonly mask: Mask | undefined;
  readonly forward: readonly string[];
  readonly jaegerUrl: string | undefined;
  readonly discovery: string | undefined;
  readonly log: Log;
}

const DEFAULT_PORT = 4318;
const DEFAULT_GRPC_PORT = 4317;
const MIN_TOKEN = 16;

/** @throws ConfigurationError one sentence */
export function resolveGatewayOptions(options: GatewayOptions, environment: Environment): ResolvedOptions {
  const { port = DEFAULT_PORT, host = '127.0.0.1', token } = options;
  assertPort('port', port);
  assertPort('grpcPort', options.grpcPort);
  if (token !== undefined && token.length < MIN_TOKEN) {
    throw new ConfigurationError(
      `The token of --token or SPANPORT_TOKEN has ${token.length} characters. Use at least ${MIN_TOKEN}.`,
    );
  }
  if (!isLoopback(host) && token === undefined) {
    throw new ConfigurationError(
      `The address '${host}' can be reached from other machines. Protect the gateway with --token, or listen on 127.0.0.1.`,
    );
  }
  const { maxAgeDays, maxBytes } = options;
  assertPositive('maxAgeDays', maxAgeDays);
  assertPositive('maxBytes', maxBytes);
  return {
    port,
    grpcPort: options.grpcPort ?? (port === DEFAULT_PORT ? DEFAULT_GRPC_PORT : undefined),
    host,
    // Others name it as well, who run in another working directory.
    folder: resolve(options.data ?? userDataFolder(environment)),
    token,
    clientKeys: options.clientKeys ?? clientKeysFrom(environment),
    allowedHosts: (options.allowedHosts ?? []).map((name) => name.trim().toLowerCase()).filter((name) => name !== ''),
    retention: {
      ...(maxAgeDays !== undefined && { maxAgeSeconds: maxAgeDays * 86_400 }),
      ...(maxBytes !== undefined && { maxBytes }),
    },
    content: options.content ?? 'full',
    mask: options.mask,
    forward: options.forward ?? listFrom(environment['SPANPORT_FORWARD']),
    jaegerUrl: jaegerUrlFrom(options.jaegerUrl ?? environment['SPANPORT_JAEGER_URL']),
    discovery: (options.discoverable ?? port === DEFAULT_PORT) ? discoveryFile(environment) : undefined,
    log: createLog(options.log ?? ((line) => void process.stderr.write(`${line}\n`))),
  };
}

/** @throws ConfigurationError */
function assertPort(name: string, value: number | undefined): void {
  if (value === undefined || (Number.isInteger(value) && value >= 0 && value <= 65_535)) return;
  throw new ConfigurationError(`${name} is '${value}', which is not a valid port. Use a number from 0 to 65535.`);
}

/** With 0 everything would be removed. @throws ConfigurationError */
function assertPositive(name: string, value: number | undefined): void {
  if (value === undefined || value > 0) return;
  throw new ConfigurationError(`${name} is ${value}, which is not a number above 0. Use one, or leave the option out.`);
}

/** Without credentials, because every reader of a status sees it. @throws ConfigurationError for an address that is not http(s) */
function jaegerUrlFrom(text: string | undefined): string | undefined {
  if (!text?.trim()) return undefined;
  const shown = withoutCredentials(text.trim());
  if (URL.canParse(text.trim()) && /^https?:/i.test(text.trim())) return shown.replace(/\/+$/, '');
  throw new ConfigurationError(
    `SPANPORT_JAEGER_URL is '${shown}', which is not a valid address. Use one such as http://localhost:16686.`,
  );
}
