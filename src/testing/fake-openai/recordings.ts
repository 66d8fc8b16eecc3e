import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { errorAnswer, type HttpAnswer } from './answer.ts';
import { isObject } from './turn.ts';
import type { ChunkCut, RecordedCase, SeenRequest } from './types.ts';

/** Recorded exchanges, each below `/__case/NAME` (or `/__case/NAME~CUT`), played again in their order. */
export interface Recordings {
  readonly names: readonly string[];
  /** From the beginning. `endpoint` is the server's. */
  serve(name: string, chunks: ChunkCut | undefined, endpoint: string): RecordedCase;
  /** The recorded answer, when the request's path belongs to a case. */
  answer(request: SeenRequest): { readonly answer: HttpAnswer; readonly chunks: ChunkCut | undefined } | undefined;
}

/** The part of a cassette that is played; cassettes also say where they come from and what follows from them. */
interface Cassette {
  readonly name: string;
  readonly tags?: readonly string[];
  readonly interactions: readonly Exchange[];
}

interface Exchange {
  /** `path` with its query. `body` is `null` or empty when there was none. */
  readonly request: { readonly method: string; readonly path: string; readonly body: unknown };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    /** The whole text; event streams too. */
    readonly body: string;
  };
}

const PREFIX = '/__case/';

export function loadRecordings(source: string | readonly string[] = []): Recordings {
  const cassettes = new Map(
    filesOf(source)
      .map(readCassette)
      .map((cassette) => [cassette.name, cassette]),
  );
  const played = new Map<string, Set<Exchange>>();

  return {
    names: [...cassettes.keys()],
    serve(name, chunks, endpoint) {
      const cassette = cassettes.get(name);
      if (!cassette) throw new Error(`No recorded exchange of the name ${name}; there are ${cassettes.size}.`);
      const place = encodeURIComponent(name) + (chunks === undefined ? '' : `~${chunks}`);
      played.set(place, new Set());
      const base = `${endpoint}${PREFIX}${place}`;
      const steps = cassette.interactions.map(({ request }) => request);
      return { name, tags: cassette.tags ?? [], baseURL: `${base}/v1`, endpoint: base, steps };
    },
    answer(request) {
      if (!request.path.startsWith(PREFIX)) return undefined;
      const [place = '', ...rest] = request.path.slice(PREFIX.length).split('/');
      const [name = '', cut] = place.split('~');
      const path = `/${rest.join('/')}`;
      const done = played.get(place) ?? new Set();
      played.set(place, done);
      const cassette = cassettes.get(decodeURIComponent(name));
      const exchange = cassette && choose(cassette, { ...request, path }, done);
      if (!exchange) {
        const message = `Nothing recorded for ${request.method} ${path} in ${decodeURIComponent(name)}.`;
        return { answer: errorAnswer(404, { message, code: 'nothing_recorded' }), chunks: undefined };
      }
      done.add(exchange);
      return { answer: answerFrom(exchange), chunks: cutFrom(cut) };
    },
  };
}

function filesOf(source: string | readonly string[]): string[] {
  if (typeof source !== 'string') return [...source];
  if (!statSync(source).isDirectory()) return [source];
  return readdirSync(source)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => join(source, file));
}

function readCassette(file: string): Cassette {
  const cassette: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isCassette(cassette)) throw new Error(`${file} is not a recorded exchange: it needs a name and interactions.`);
  return cassette;
}

const isCassette = (value: unknown): value is Cassette =>
  isObject(value) && typeof value['name'] === 'string' && Array.isArray(value['interactions']);

/**
 * By method and path, then by the stream flag, then by an equal body, then by order; what was played comes last, and
 * the last one is repeated, so that polling ends.
 */
function choose(cassette: Cassette, request: SeenRequest, played: ReadonlySet<Exchange>): Exchange | undefined {
  const candidates = cassette.interactions.filter(
    (exchange) => exchange.request.method === request.method && exchange.request.path.split('?')[0] === request.path,
  );
  const alike = candidates.filter((exchange) => streams(exchange.request.body) === streams(request.body));
  const pool = alike.length > 0 ? alike : candidates;
  const fresh = pool.filter((exchange) => !played.has(exchange));
  const same = (exchange: Exchange): boolean => canonical(exchange.request.body) === canonical(request.body);
  return fresh.find(same) ?? fresh[0] ?? pool.findLast(same) ?? pool.at(-1);
}

const streams = (body: unknown): boolean => isObject(body) && body['stream'] === true;

/** Equal for bodies that mean the same; no body is like `{}`. */
function canonical(body: unknown): string {
  if (body === undefined || body === null || body === '') return '{}';
  return JSON.stringify(body, (_, value) =>
    isObject(value) ? Object.fromEntries(Object.entries(value).sort(byKey)) : value,
  );
}

const byKey = ([left]: [string, unknown], [right]: [string, unknown]): number => (left < right ? -1 : 1);

function answerFrom({ response }: Exchange): HttpAnswer {
  const { status, headers, body } = response;
  if (!/event-stream/.test(headers['content-type'] ?? ''))
    return { kind: 'bytes', status, headers, body: Buffer.from(body) };
  return { kind: 'stream', status, headers, frames: body.match(/[\s\S]*?\r?\n\r?\n|[\s\S]+$/g) ?? [] };
}

function cutFrom(cut: string | undefined): ChunkCut | undefined {
  if (cut === undefined || cut === 'event' || cut === 'whole') return cut;
  return Number(cut);
}
