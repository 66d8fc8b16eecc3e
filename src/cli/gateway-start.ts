import { closeSync, openSync, readSync } from 'node:fs';
import { discoveryFile, readDiscovery } from '../configuration/discovery.ts';
import { listFrom } from '../configuration/readers.ts';
import { userDataFolder } from '../configuration/user-folders.ts';
import { type Gateway, type GatewayOptions, startGateway } from '../gateway/gateway.ts';
import { findGateway } from '../start/gateway-probe.ts';
import { SCHEMA_VERSION } from '../store/schema.ts';
import { databaseFile } from '../store/store.ts';
import { StoreError } from '../store/store-error.ts';
import { Failure } from './failure.ts';
import { nextFreePort, portOwner } from './port-owner.ts';

export const DEFAULT_PORT = 4318;

/** A start that takes longer because it converts data explains itself. */
const SLOW_MILLIS = 2_000;
const CONVERTING =
  'The data is still being opened. Data of an earlier version is converted once, which takes about a minute for a million spans.';

/** Where SQLite has `user_version` in the header of a file. */
const VERSION_AT = 60;

export type Args = Readonly<Record<string, unknown>>;

/** Options of the gateway, from the command's arguments and `SPANPORT_TOKEN`. @throws Failure for an invalid number */
export function optionsFrom(args: Args): GatewayOptions {
  const token = textOf(args['token']) ?? textOf(process.env['SPANPORT_TOKEN']);
  const data = textOf(args['data']);
  const forward = textOf(args['forward']);
  return {
    ...(args['port'] !== undefined && { port: portOf(args, 'port') }),
    ...(args['grpc-port'] !== undefined && { grpcPort: portOf(args, 'grpc-port') }),
    host: textOf(args['host']) ?? '127.0.0.1',
    ...(data !== undefined && { data }),
    ...(token !== undefined && { token }),
    ...(forward !== undefined && { forward: listFrom(forward) }),
    allowedHosts: (textOf(args['allow-host']) ?? '').split(','),
    ...(args['max-age-days'] !== undefined && { maxAgeDays: positiveOf(args, 'max-age-days') }),
    ...(args['max-size-mb'] !== undefined && { maxBytes: positiveOf(args, 'max-size-mb') * 1e6 }),
  };
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** An empty text is not a number. It is often the value of a variable that is not set. */
function numberOf(args: Args, name: string): number {
  const text = String(args[name]).trim();
  return text === '' ? Number.NaN : Number(text);
}

function positiveOf(args: Args, name: string): number {
  const value = numberOf(args, name);
  if (value > 0) return value;
  throw new Failure(`--${name} '${args[name]}' is not a number above 0. Use one, or leave the option out.`, 2);
}

function portOf(args: Args, name: 'port' | 'grpc-port'): number {
  const value = numberOf(args, name);
  if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  throw new Failure(`--${name} '${args[name]}' is not a number from 0 to 65535. Use one, or leave the option out.`, 2);
}

/** @throws Failure that says what is in the way, and what to do */
export async function startOrExplain(options: GatewayOptions): Promise<Gateway> {
  const isConverting = isEarlier(options.data ?? userDataFolder(process.env));
  const notice = isConverting && setTimeout(() => process.stderr.write(`${CONVERTING}\n`), SLOW_MILLIS);
  try {
    return await startGateway(options);
  } catch (error) {
    throw await explained(error, options);
  } finally {
    if (notice) clearTimeout(notice);
  }
}

/** Whether the data of a folder is of an earlier version: its number is in the header of the database. */
export function isEarlier(folder: string): boolean {
  const header = Buffer.alloc(VERSION_AT + 4);
  try {
    const file = openSync(databaseFile(folder), 'r');
    readSync(file, header);
    closeSync(file);
  } catch {
    return false;
  }
  const version = header.readUInt32BE(VERSION_AT);
  return version > 0 && version < SCHEMA_VERSION;
}

export function isTaken(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
}

export async function explained(
  error: unknown,
  { port = DEFAULT_PORT, host = '127.0.0.1' }: GatewayOptions,
): Promise<unknown> {
  if (error instanceof StoreError) return new Failure(error.message);
  const { code } = error as NodeJS.ErrnoException;
  if (isTaken(error)) return new Failure(await takenText(port, host));
  if (code === 'EACCES')
    return new Failure(`Port ${port} needs more rights than this user has. Use --port with a number above 1023.`);
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new Failure(`'${host}' is not an address of this machine. Set another one with --host.`);
  return error;
}

async function takenText(port: number, host: string): Promise<string> {
  const own = readDiscovery(discoveryFile(process.env));
  if (own?.url.endsWith(`:${port}`) && (await findGateway(discoveryFile(process.env)))) {
    return `A gateway of yours runs at ${own.url} already (process ${own.pid}).`;
  }
  const free = await nextFreePort(port, host);
  const advice =
    free === undefined ? 'Choose another one with --port.' : `The next free one: spanport up --port ${free}`;
  return `${takenBy(port)}. ${advice}`;
}

/** Names the program that has the port, as far as it is known. */
export function takenBy(port: number): string {
  const owner = portOwner(port);
  return `Port ${port} is taken${owner ? ` by ${owner}` : ''}`;
}
