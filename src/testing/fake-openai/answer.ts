import type { JsonObject, NamedEvent, RawReply, WireError } from './types.ts';

/** What a handler gives back; `send.ts` puts it on the socket. */
export type HttpAnswer =
  | { readonly kind: 'json'; readonly status: number; readonly headers?: Headers; readonly body: unknown }
  | { readonly kind: 'bytes'; readonly status: number; readonly headers: Headers; readonly body: Uint8Array }
  | { readonly kind: 'stream'; readonly status: number; readonly headers: Headers; readonly frames: Frames };

type Headers = Readonly<Record<string, string>>;
/** Serialised events, each with its closing empty line. */
export type Frames = Iterable<string> | AsyncIterable<string>;

const EVENT_STREAM = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' };

export const json = (body: unknown, headers?: Headers): HttpAnswer => ({
  kind: 'json',
  status: 200,
  body,
  ...(headers && { headers }),
});

export const bytes = (body: Uint8Array | string, contentType: string): HttpAnswer => ({
  kind: 'bytes',
  status: 200,
  headers: { 'content-type': contentType },
  body: Buffer.from(body),
});

export const stream = (frames: Frames): HttpAnswer => ({ kind: 'stream', status: 200, headers: EVENT_STREAM, frames });

/** Thrown by handlers; becomes OpenAI's error body. */
export class HttpError extends Error {
  readonly status: number;
  readonly error: WireError;
  constructor(status: number, message: string, error: Omit<WireError, 'message'> = {}) {
    super(message);
    this.status = status;
    this.error = { ...error, message };
  }
}

export function errorAnswer(status: number, error: WireError = {}, headers?: Headers): HttpAnswer {
  const defaults = ERRORS[status] ?? (status >= 500 ? SERVER_ERROR : BAD_REQUEST);
  return { kind: 'json', status, body: { error: { ...defaults, ...error } }, ...(headers && { headers }) };
}

const BAD_REQUEST = { message: 'Invalid request.', type: 'invalid_request_error', param: null, code: null };
const SERVER_ERROR = {
  message: 'The server had an error while processing your request. Sorry about that!',
  type: 'server_error',
  param: null,
  code: null,
};
const ERRORS: Readonly<Record<number, Required<WireError>>> = {
  401: { ...BAD_REQUEST, message: 'Incorrect API key provided.', code: 'invalid_api_key' },
  404: { ...BAD_REQUEST, message: 'Not found.' },
  429: {
    ...BAD_REQUEST,
    message: 'Rate limit reached. Please try again later.',
    type: 'requests',
    code: 'rate_limit_exceeded',
  },
};

/** One server-sent event. */
export function frame(data: unknown, event?: string): string {
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  return `${event === undefined ? '' : `event: ${event}\n`}data: ${text}\n\n`;
}

export const DONE: string = frame('[DONE]');

/** Responses events carry their name twice: in the data and on the wire. */
export const typedFrame = (event: { readonly type: string; readonly [field: string]: unknown }): string =>
  frame(event, event.type);

export function rawAnswer(reply: RawReply): HttpAnswer {
  const status = reply.status ?? 200;
  const headers = reply.headers ?? {};
  if (reply.sse) {
    return { kind: 'stream', status, headers: { ...EVENT_STREAM, ...headers }, frames: reply.sse.map(rawFrame) };
  }
  if (reply.body !== undefined) return { kind: 'bytes', status, headers, body: Buffer.from(reply.body) };
  if (reply.json === undefined && status >= 400) return errorAnswer(status, {}, headers);
  return { kind: 'json', status, headers, body: reply.json ?? {} };
}

function rawFrame(event: string | JsonObject | NamedEvent): string {
  if (typeof event === 'string') return event.includes('\n') ? event : frame(event);
  if (isNamedEvent(event)) return frame(event.data, event.event);
  const { type } = event;
  return frame(event, typeof type === 'string' && type.startsWith('response.') ? type : undefined);
}

const isNamedEvent = (event: JsonObject | NamedEvent): event is NamedEvent =>
  typeof event['event'] === 'string' && 'data' in event;
