import { existsSync } from 'node:fs';
import type { ArgsDef } from 'citty';
import { discoveryFile } from '../configuration/discovery.ts';
import { userDataFolder } from '../configuration/user-folders.ts';
import { createClient } from '../gateway/api/client.ts';
import { createHandlers } from '../gateway/api/handlers.ts';
import { withMaskedFilter } from '../gateway/masked-ids.ts';
import { maskSecrets } from '../interaction/mask.ts';
import { findSqlite } from '../sqlite/driver.ts';
import { findGateway } from '../start/gateway-probe.ts';
import { readerCalls } from '../store/calls.ts';
import { StoreReader } from '../store/reader.ts';
import { databaseFile, type Store } from '../store/store.ts';
import { StoreError } from '../store/store-error.ts';
import { Failure } from './failure.ts';
import { type OwnGateway, ownGateway } from './own-gateway.ts';

export const sourceArgs: ArgsDef = {
  url: { type: 'string', description: 'A running gateway; else that of this user', valueHint: 'URL' },
  data: { type: 'string', description: 'Read a data folder instead, with or without a gateway', valueHint: 'FOLDER' },
  token: { type: 'string', description: 'The gateway’s token; else SPANPORT_TOKEN', valueHint: 'TOKEN' },
  json: { type: 'boolean', description: 'Print one JSON document' },
  limit: { type: 'string', description: 'Rows to print', default: '20', valueHint: 'NUMBER' },
  since: { type: 'string', description: 'Only what is newer: a time, or 15m, 12h, 7d', valueHint: 'TIME' },
};

/** The part of the API that commands read, from a running gateway or straight from its folder. */
export interface StoredData {
  conversations(query: Query): Promise<{ items: readonly object[] }>;
  traces(query: Query): Promise<{ items: readonly object[] }>;
  search(query: Query & { q: string }): Promise<{ items: readonly object[] }>;
  close(): void;
}

export interface Query {
  readonly q?: string;
  readonly since?: string;
  readonly limit: number;
}

type Args = Readonly<Record<string, unknown>>;

/** @throws Failure when there is neither a gateway nor data */
export async function openStoredData(args: Args): Promise<StoredData> {
  if (typeof args['data'] === 'string') return fromFolder(args['data']);
  const gateway = await findGateway(discoveryFile(process.env));
  const url = typeof args['url'] === 'string' ? args['url'] : gateway?.url;
  if (url === undefined) return fromFolder(userDataFolder(process.env));
  const given = typeof args['token'] === 'string' ? args['token'] : process.env['SPANPORT_TOKEN'];
  const token = given ?? (url === gateway?.url ? gateway.token : undefined);
  const client = createClient({ baseUrl: url, ...(token !== undefined && { token }) });
  const call = <T>(answer: Promise<T>): Promise<T> =>
    answer.catch((error: Error) => {
      const yours = gateway && gateway.url !== url ? ` Yours runs at ${gateway.url}.` : '';
      throw new Failure(error.message === 'fetch failed' ? `No gateway answers at ${url}.${yours}` : error.message);
    });
  return {
    conversations: (query) => call(client.listConversations({ query: { ...query } })),
    traces: (query) => call(client.listTraces({ query: { ...query } })),
    search: (query) => call(client.search({ query: { ...query } })),
    close: () => undefined,
  };
}

/** A connection of our own that only reads: a gateway may write to the folder meanwhile. */
async function fromFolder(folder: string): Promise<StoredData> {
  const reader = await openReader(folder);
  const calls = readerCalls(reader);
  const read = Object.fromEntries(
    Object.entries(calls).map(([name, call]) => [
      name,
      async (...args: never[]) => Reflect.apply(call, undefined, args),
    ]),
  );
  // The handlers of the API run over the folder alone: what they answer is the same.
  const handlers = createHandlers({ store: { read } as unknown as Store } as Parameters<typeof createHandlers>[0]);
  const query = ({ q = '', ...given }: Query) => ({ ...given, q: withMaskedFilter(q, maskSecrets) });
  const call = { params: {}, body: undefined };
  return {
    conversations: (given) => handlers.listConversations({ ...call, query: query(given) }),
    traces: (given) => handlers.listTraces({ ...call, query: query(given) }),
    search: (given) => handlers.search({ ...call, query: given }),
    close: () => calls.close(),
  };
}

/** @throws Failure that says what is in the way */
export async function openReader(folder: string): Promise<StoreReader> {
  const file = databaseFile(folder);
  if (!existsSync(file)) throw new Failure(`There is no data in ${folder}${elsewhere(await ownGateway())}`);
  const open = findSqlite();
  if (!open) throw new Failure('There is no SQLite: use Node 22.13 or later, or install libsql.');
  try {
    return new StoreReader(open, file);
  } catch (error) {
    throw error instanceof StoreError ? new Failure(error.message) : error;
  }
}

/** The end of the sentence that a folder has no data. A gateway on a port of its own choice (`--port 0`) is not found. */
function elsewhere(gateway: OwnGateway | undefined): string {
  return gateway
    ? `. Your gateway at ${gateway.url} keeps its data elsewhere: --data ${gateway.folder}`
    : ', and no gateway of yours was found. Start one with spanport up, or name its folder with --data.';
}

export function queryFrom(args: Args): Query {
  const limit = Number(args['limit']);
  if (!Number.isInteger(limit) || limit < 1 || limit > 500) {
    throw new Failure(`--limit '${args['limit']}' is not a number from 1 to 500.`, 2);
  }
  const words = Array.isArray(args['_']) ? args['_'].join(' ') : '';
  return {
    limit,
    ...(words !== '' && { q: words }),
    ...(typeof args['since'] === 'string' && { since: args['since'] }),
  };
}
