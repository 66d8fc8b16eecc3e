import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { Gate } from './gate.ts';

/** A request that is refused before anything reads it. The message is a sentence for the sender. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** A value that is refused, with the field that is at fault. */
export class FieldError extends RequestError {
  readonly field: string;

  constructor(field: string, message: string, code = 'wrong-value') {
    super(400, code, message);
    this.field = field;
  }
}

export interface BodyLimits {
  /** Bytes on the wire, and bytes after decompression. */
  readonly maxBytes: number;
}

/** A small body may be large when decompressed, so only this many are decompressed at a time. */
const MAX_INFLATING = 4;
const MEGABYTE = 1_048_576;
/** Larger bodies are rare, and joined in memory of their own. */
const MAX_JOINED = 2 * MEGABYTE;
const NO_BYTES = Buffer.alloc(0);

const unzip = { gzip: promisify(gunzip), deflate: promisify(inflate) };

const inflating = new Gate(MAX_INFLATING);

/**
 * A body as it arrived. Its parts are joined only while it is read, in memory that the next body uses again: V8 counts
 * each large buffer, and would collect the garbage of the whole heap twice as often with one more for each request.
 */
export class Body {
  static #memory = NO_BYTES;
  readonly #parts: readonly Buffer[];
  readonly length: number;

  constructor(parts: readonly Buffer[]) {
    this.#parts = parts;
    this.length = parts.reduce((sum, part) => sum + part.length, 0);
  }

  /** @param work must not keep the bytes */
  read<T>(work: (bytes: Buffer) => T): T {
    const [first = NO_BYTES] = this.#parts;
    return work(this.#parts.length < 2 ? first : this.#joined());
  }

  #joined(): Buffer {
    if (this.length > MAX_JOINED) return Buffer.concat(this.#parts, this.length);
    if (Body.#memory.length < this.length) Body.#memory = Buffer.allocUnsafeSlow(this.length);
    let at = 0;
    for (const part of this.#parts) at += part.copy(Body.#memory, at);
    return Body.#memory.subarray(0, at);
  }
}

/** The body, decompressed. @throws RequestError when it is too large, in another encoding, or damaged */
export async function readBody(request: IncomingMessage, { maxBytes }: BodyLimits): Promise<Body> {
  const named = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  // Another name of it, by RFC 9110.
  const encoding = named === 'x-gzip' ? 'gzip' : named;
  if (encoding !== 'identity' && encoding !== 'gzip' && encoding !== 'deflate') {
    throw new RequestError(
      415,
      'unsupported-encoding',
      `Content-Encoding '${shown(encoding)}' is not supported. Use gzip or deflate.`,
    );
  }
  const parts = await readParts(request, maxBytes);
  if (encoding === 'identity' || parts.length === 0) return new Body(parts);
  try {
    return new Body([
      await inflating.run(1, () => unzip[encoding](Buffer.concat(parts), { maxOutputLength: maxBytes })),
    ]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
    throw new RequestError(400, 'malformed-encoding', `The body is not valid ${encoding}.`);
  }
}

async function readParts(request: IncomingMessage, maxBytes: number): Promise<Buffer[]> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge(maxBytes);
    parts.push(chunk);
  }
  return parts;
}

function tooLarge(maxBytes: number): RequestError {
  return new RequestError(413, 'too-large', `The body is larger than ${Math.round(maxBytes / MEGABYTE)} MiB.`);
}

/** Control characters in a log or an answer could pretend to be another line. */
export function shown(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');
  return clean.length > 100 ? `${clean.slice(0, 100)}…` : clean;
}

/** `JSON.parse` takes a million nested lists, and what reads them afterwards runs out of stack. @throws RequestError */
export function parseJson(body: Buffer, maxDepth: number): unknown {
  if (depthOf(body, maxDepth) > maxDepth) {
    throw new RequestError(400, 'too-deep', `The JSON is nested deeper than ${maxDepth} levels.`);
  }
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    throw new RequestError(400, 'malformed-json', 'The body is not valid JSON.');
  }
}

const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN, CLOSE] = Buffer.from('"\\[]{}');

/** The deepest level; counting ends once it is beyond the limit. */
function depthOf(body: Buffer, maxDepth: number): number {
  let depth = 0;
  let deepest = 0;
  let isText = false;
  for (let at = 0; at < body.length && deepest <= maxDepth; at += 1) {
    const byte = body[at];
    if (isText) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) isText = true;
    else if (byte === OPEN || byte === OPEN_LIST) {
      depth += 1;
      deepest = Math.max(deepest, depth);
    } else if (byte === CLOSE || byte === CLOSE_LIST) depth -= 1;
  }
  return deepest;
}
