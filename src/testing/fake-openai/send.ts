import type { ServerResponse } from 'node:http';
import { errorAnswer, frame, type HttpAnswer } from './answer.ts';
import { pause } from './pause.ts';
import type { ChunkCut, Fault } from './types.ts';

export interface SendOptions {
  readonly fault: Fault | undefined;
  readonly chunks: ChunkCut;
  readonly paceMillis: number;
  /** Sent with every answer, below the answer's own. */
  readonly headers: Readonly<Record<string, string>>;
  /** Ends every wait: the server closes, or the client is gone. */
  readonly gone: AbortSignal;
}

/** Puts an answer on the socket, with whatever is to go wrong. */
export async function send(res: ServerResponse, answer: HttpAnswer, options: SendOptions): Promise<void> {
  const { fault } = options;
  if (fault?.stallMillis !== undefined && fault.afterChunks === undefined) await pause(fault.stallMillis, options.gone);
  if (res.destroyed) return;
  if (fault?.reset) {
    res.socket?.resetAndDestroy();
    return;
  }
  const plain = fault?.status === undefined ? answer : errorFor(fault, fault.status);
  const headers = { ...options.headers, ...plain.headers };
  if (plain.kind === 'stream') {
    res.writeHead(plain.status, headers);
    res.flushHeaders();
    await sendChunks(res, cut(spoiled(plain.frames, fault), options.chunks), options);
    return;
  }
  const whole = plain.kind === 'json' ? Buffer.from(JSON.stringify(plain.body)) : Buffer.from(plain.body);
  const body = fault?.malformedJson ? whole.subarray(0, Math.ceil(whole.length / 2)) : whole;
  const type = plain.kind === 'json' ? { 'content-type': 'application/json' } : {};
  res.writeHead(plain.status, { ...type, ...headers, 'content-length': body.length });
  res.flushHeaders();
  await sendChunks(res, [body], options);
}

function errorFor(fault: Fault, status: number): HttpAnswer {
  const retryAfter = fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
  return errorAnswer(status, fault.error, { ...retryAfter, ...fault.headers });
}

async function sendChunks(res: ServerResponse, chunks: Chunks, options: SendOptions): Promise<void> {
  const { fault, paceMillis, gone } = options;
  let sent = 0;
  let bytesLeft = fault?.cutAt ?? Number.POSITIVE_INFINITY;
  for await (const chunk of chunks) {
    if (sent === fault?.resetAfterChunks) return drop(res);
    if (sent === fault?.afterChunks && fault.stallMillis !== undefined) await pause(fault.stallMillis, gone);
    if (sent > 0 && paceMillis > 0) await pause(paceMillis, gone);
    if (res.destroyed) return;
    await write(res, chunk.subarray(0, bytesLeft));
    bytesLeft -= chunk.length;
    if (bytesLeft <= 0) return drop(res);
    sent += 1;
  }
  if (sent === fault?.resetAfterChunks) return drop(res);
  res.end();
}

/** Everything written arrives, then the connection ends in the middle of the body. */
function drop(res: ServerResponse): void {
  res.socket?.destroy();
}

/** Resolves when the bytes have left this process, so that each chunk arrives on its own. */
const write = (res: ServerResponse, chunk: Uint8Array): Promise<void> =>
  new Promise((resolve) => {
    res.once('close', resolve);
    res.write(chunk, () => {
      res.off('close', resolve);
      setImmediate(resolve);
    });
  });

type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

async function* cut(frames: AsyncIterable<string>, chunks: ChunkCut): AsyncGenerator<Uint8Array> {
  let waiting = Buffer.alloc(0);
  for await (const text of frames) {
    const bytes = Buffer.from(text);
    if (chunks === 'event') {
      yield bytes;
      continue;
    }
    waiting = Buffer.concat([waiting, bytes]);
    for (; chunks !== 'whole' && waiting.length >= chunks; waiting = waiting.subarray(chunks)) {
      yield waiting.subarray(0, chunks);
    }
  }
  if (waiting.length > 0) yield waiting;
}

/** The frames up to the one where the fault puts an error or half an event. */
async function* spoiled(
  frames: Iterable<string> | AsyncIterable<string>,
  fault: Fault | undefined,
): AsyncGenerator<string> {
  const spoilAt = fault?.malformedJson || fault?.errorEvent ? (fault.afterChunks ?? 1) : undefined;
  let sent = 0;
  for await (const text of frames) {
    if (sent === spoilAt) {
      yield fault?.errorEvent ? errorFrame(text, fault) : `${text.slice(0, Math.ceil(text.length / 2)).trimEnd()}\n\n`;
      return;
    }
    yield text;
    sent += 1;
  }
}

/** In the form of the API that is interrupted: chat has no event names, responses events name themselves in the data. */
function errorFrame(interrupted: string, { errorEvent }: Fault): string {
  const error = { message: 'The server had an error.', type: 'server_error', param: null, code: null, ...errorEvent };
  if (!interrupted.startsWith('event: ')) return frame({ error });
  if (!interrupted.startsWith('event: response.')) return frame({ error }, 'error');
  return frame({ ...error, type: 'error', sequence_number: sequenceIn(interrupted) }, 'error');
}

const sequenceIn = (text: string): number => Number(/"sequence_number":(\d+)/.exec(text)?.[1] ?? 0);
