import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import protobuf from 'protobufjs';
import { againIfItFails } from '../../../collector/again.mjs';
import { cacheDirectory } from '../../../scripts/cache-directory.mjs';

/** A crate that contains the opentelemetry-proto repository as it was released (Apache-2.0), examples included. */
const CRATE = 'opentelemetry-proto-0.32.0';
const URL_OF_CRATE = `https://static.crates.io/crates/opentelemetry-proto/${CRATE}.crate`;
const SHA256 = '56d658ba1faf63f7b9c492cfbe6e0ec365440a16132d3270c1065f7b33f1b638';

/** The examples of the repository, each with its signal. */
export const EXAMPLES = { trace: 'trace', logs: 'logs', events: 'logs', metrics: 'metrics' } as const;
export type Example = keyof typeof EXAMPLES;
type Signal = (typeof EXAMPLES)[Example];
export type JsonObject = { readonly [name: string]: unknown };

/** The examples and the definitions of the repository, fetched once into the cache. */
export interface ProtoExamples {
  /** Why the repository could not be fetched; undefined when it is there. */
  readonly missing: string | undefined;
  json(example: Example): Promise<string>;
  /** The same message in protobuf, encoded from the repository's definitions. */
  protobuf(example: Example): Promise<Uint8Array>;
  /** An answer to a request of this signal, as JSON. */
  decodeAnswer(signal: Signal, bytes: Uint8Array): JsonObject;
  /** A request of this signal, as JSON with hexadecimal ids. */
  decodeRequest(signal: Signal, bytes: Uint8Array): JsonObject;
}

export async function fetchProtoExamples(): Promise<ProtoExamples> {
  const folder = join(cacheDirectory(), CRATE, 'src', 'proto', 'opentelemetry-proto');
  const missing = (await exists(folder)) ? undefined : await fetchedOrReason();
  const json = (example: Example) => readFile(join(folder, 'examples', `${example}.json`), 'utf8');
  const typeOf = (signal: Signal, kind: 'Request' | 'Response'): protobuf.Type => {
    const root = new protobuf.Root();
    root.resolvePath = (_, target) => join(folder, target);
    root.loadSync(`opentelemetry/proto/collector/${signal}/v1/${signal}_service.proto`);
    const service = `${signal[0]?.toUpperCase()}${signal.slice(1)}Service`;
    return root.lookupType(`opentelemetry.proto.collector.${signal}.v1.Export${service}${kind}`);
  };
  const decoded = (type: protobuf.Type, bytes: Uint8Array): JsonObject =>
    type.toObject(type.decode(bytes), { longs: String });
  return {
    missing,
    json,
    async protobuf(example) {
      const type = typeOf(EXAMPLES[example], 'Request');
      return type.encode(type.fromObject(withIds(JSON.parse(await json(example)), bytesFrom) as JsonObject)).finish();
    },
    decodeAnswer: (signal, bytes) => decoded(typeOf(signal, 'Response'), bytes),
    decodeRequest: (signal, bytes) => withIds(decoded(typeOf(signal, 'Request'), bytes), hexFrom) as JsonObject,
  };
}

/** In OTLP/JSON ids are hexadecimal, where JSON of protobuf has base64 for other bytes. */
function withIds(value: unknown, change: (id: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => withIds(item, change));
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  const entries = Object.entries(value).map(([name, item]) => [
    name,
    /^(traceId|spanId|parentSpanId)$/.test(name) ? change(item) : withIds(item, change),
  ]);
  return Object.fromEntries(entries);
}

const bytesFrom = (id: unknown): Buffer => Buffer.from(String(id), 'hex');
const hexFrom = (id: unknown): string => Buffer.from(id as Uint8Array).toString('hex');

/** @returns why it could not be fetched. Throws for a crate that is not the one of {@link SHA256}. */
async function fetchedOrReason(): Promise<string | undefined> {
  const downloaded = await againIfItFails('The download of opentelemetry-proto', download).catch(
    (error: Error) => error,
  );
  if (downloaded instanceof Error) return `${URL_OF_CRATE} could not be fetched: ${downloaded.message}`;
  const hash = createHash('sha256').update(downloaded).digest('hex');
  if (hash !== SHA256) throw new Error(`${URL_OF_CRATE} has the SHA-256 ${hash}, not ${SHA256}.`);
  await mkdir(cacheDirectory(), { recursive: true });
  // Unpacked in another folder and renamed, so that an interrupted run leaves no half of it.
  const unfinished = await mkdtemp(join(cacheDirectory(), `${CRATE}.`));
  try {
    const file = join(unfinished, 'crate.tar.gz');
    await writeFile(file, downloaded);
    await promisify(execFile)('tar', ['-xzf', file, '-C', unfinished]);
    await rm(join(cacheDirectory(), CRATE), { recursive: true, force: true });
    await rename(join(unfinished, CRATE), join(cacheDirectory(), CRATE));
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return undefined;
}

async function download(): Promise<Buffer> {
  const response = await fetch(URL_OF_CRATE, { signal: AbortSignal.timeout(60_000) });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
