import type { IncomingMessage } from 'node:http';
import type { SeenRequest } from './types.ts';

const CREDENTIALS = new Set(['authorization', 'api-key', 'x-api-key', 'proxy-authorization', 'cookie']);
const SECRET_QUERY = /^(api[-_]?key|key|token|access_token)$/i;

/** Reads one request whole, without its credentials. */
export async function seenRequest(incoming: IncomingMessage): Promise<SeenRequest> {
  const url = new URL(incoming.url ?? '/', 'http://fake');
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const headers = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)] as const);
  const query = [...url.searchParams];
  const body = await parseBody(Buffer.concat(chunks), incoming.headers['content-type'] ?? '');
  return {
    method: incoming.method ?? 'GET',
    path: url.pathname,
    query: Object.fromEntries(query.filter(([name]) => !SECRET_QUERY.test(name))),
    headers: Object.fromEntries(headers.filter(([name]) => !CREDENTIALS.has(name))),
    hasCredentials:
      headers.some(([name]) => CREDENTIALS.has(name) && name !== 'cookie') ||
      query.some(([name]) => SECRET_QUERY.test(name)),
    ...(body !== undefined && { body }),
  };
}

async function parseBody(raw: Buffer<ArrayBuffer>, contentType: string): Promise<unknown> {
  if (raw.length === 0) return undefined;
  if (/^multipart\/form-data/i.test(contentType)) return parseForm(raw, contentType);
  const text = raw.toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The platform parses forms already; it only wants them as a response. */
async function parseForm(raw: Buffer<ArrayBuffer>, contentType: string): Promise<unknown> {
  const form = await new Response(raw, { headers: { 'content-type': contentType } }).formData();
  const fields = new Map<string, unknown[]>();
  for (const [name, value] of form) {
    const seen = typeof value === 'string' ? value : { file: value.name, type: value.type, bytes: value.size };
    fields.set(name, [...(fields.get(name) ?? []), seen]);
  }
  return Object.fromEntries([...fields].map(([name, values]) => [name, values.length > 1 ? values : values[0]]));
}
