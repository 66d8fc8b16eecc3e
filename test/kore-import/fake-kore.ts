import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Whom the fake host lets in. */
export const access = {
  botId: 'st-00000000-0000-5000-8000-000000000001',
  clientId: 'cs-7ec16ace',
  clientSecret: 'secret-of-the-app',
};

export interface FakeKore {
  readonly host: string;
  /** Bodies of the requests that were let in, in order. */
  readonly queries: readonly Readonly<Record<string, unknown>>[];
  readonly tokens: readonly Readonly<Record<string, unknown>>[];
  readonly records: Readonly<Record<string, unknown>>[];
  /** Answers the next requests instead of the log. */
  readonly faults: Fault[];
  /** Adds so many records, a minute apart, each with a question of its own. */
  fill(count: number, from?: string): void;
  stop(): Promise<void>;
}

export interface Fault {
  readonly status: number;
  readonly message?: string;
  readonly retryAfter?: string;
  /** Cuts the connection. */
  readonly hangUp?: boolean;
}

export interface FakeKoreOptions {
  /** Never more records than this, whatever is asked for. */
  readonly cap?: number;
  /** Answers `{ hits: [...] }`, as one client of theirs expects. */
  readonly hits?: boolean;
}

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;

/** A record of a call that began at the time. */
export function usageLog(start: string): Record<string, unknown> {
  return {
    'Prompt Name': 'Default',
    Integration: 'OpenAI',
    'start Date': start,
    'End Date': start,
    'Time Taken': 0,
    statusCode: 200,
    'Bot ID': access.botId,
    'User ID': 'u-1',
    'Feature Name ': 'GenAI Node',
    'Model Name': 'gpt-4',
    'Channel Name': 'rtm',
    Description: 'desk',
    'task Id': 'dg-1',
    Status: 'Success',
    'Payload Details': {
      'Prompt Name': 'Default',
      'Request Payload': { model: 'gpt-4', messages: [{ role: 'user', content: `asked at ${start}` }] },
      'Response Payload': {
        choices: [{ index: 0, message: { role: 'assistant', content: 'yes' }, finish_reason: 'stop' }],
      },
      'Request Tokens': 3,
      'Response Tokens': 1,
    },
  };
}

/** A host that answers getLLMUsageLogs as Kore's pages say: newest first, windows of 90 days, errors at `errors[0].msg`. */
export async function startFakeKore(options: FakeKoreOptions = {}): Promise<FakeKore> {
  const records: Record<string, unknown>[] = [];
  const queries: Record<string, unknown>[] = [];
  const tokens: Record<string, unknown>[] = [];
  const faults: Fault[] = [];

  const server: Server = createServer(async (request, response) => {
    const body = await readBody(request);
    const answer = (status: number, value: unknown, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
    };
    const refuse = (status: number, msg: string, headers?: Record<string, string>): void =>
      answer(status, { errors: [{ msg, code: status }] }, headers);

    const token = claimsIn(String(request.headers['auth'] ?? ''), access.clientSecret);
    if (!token || token['appId'] !== access.clientId) return refuse(401, 'Invalid token');
    if (request.method !== 'POST' || request.url !== `/api/1.1/public/bot/${access.botId}/getLLMUsageLogs`)
      return refuse(404, 'Bot not found');
    tokens.push(token);
    const fault = faults.shift();
    if (fault?.hangUp) return void request.socket.destroy();
    if (fault)
      return refuse(
        fault.status,
        fault.message ?? 'fault',
        fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter },
      );

    const query = JSON.parse(body) as Record<string, unknown>;
    queries.push(query);
    const from = Date.parse(String(query['dateFrom']));
    const to = Date.parse(String(query['dateTo']));
    if (Number.isNaN(from) || Number.isNaN(to) || query['limit'] === undefined)
      return refuse(400, 'Missing dates or limit');
    if (to - from > 90 * DAY) return refuse(400, 'You can access records spanning up to 90 days');
    const skip = Number(query['skip'] ?? 0);
    const limit = Math.min(Number(query['limit']), options.cap ?? 1_000);
    const found = records
      .filter((record) => startOf(record) >= from && startOf(record) <= to)
      .sort((one, other) => startOf(other) - startOf(one))
      .slice(skip, skip + limit);
    answer(200, options.hits ? { hits: found } : found);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    queries,
    tokens,
    records,
    faults,
    fill(count, from = '2025-01-01T00:00:00.000Z'): void {
      for (let n = 0; n < count; n += 1) records.push(usageLog(new Date(Date.parse(from) + n * MINUTE).toISOString()));
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function startOf(record: Readonly<Record<string, unknown>>): number {
  return Date.parse(String(record['start Date']));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** The claims of a JWT that is signed with HS256 and the secret; undefined for any other. */
function claimsIn(token: string, secret: string): Record<string, unknown> | undefined {
  const [header = '', claims = '', signature] = token.split('.');
  if (signature !== createHmac('sha256', secret).update(`${header}.${claims}`).digest('base64url')) return undefined;
  const { alg } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { readonly alg: string };
  return alg === 'HS256'
    ? (JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>)
    : undefined;
}
