import { BoundedMap } from '../../bounded/bounded-map.ts';
import type { UsageRequest } from '../client/observer.ts';
import { fieldOf, type RequestBody } from '../request-body.ts';

/** When the streams of a server report usage. `to find out`: the next stream runs without requesting usage. */
type Habit = 'always' | 'on demand' | 'to find out';

const MAX_SERVERS = 1_000;
const MAX_AGE_MILLIS = 24 * 60 * 60_000;

/** By base URL. */
const habits = new BoundedMap<Habit>(MAX_SERVERS, MAX_AGE_MILLIS);

/** Hosts that report the usage of every stream. Some of them reject unknown fields. */
const alwaysReporting = /(^|\.)(x\.ai|mistral\.ai|together\.(ai|xyz))$/;

function habitOf(baseURL: string): Habit | undefined {
  const known = habits.get(baseURL);
  if (known !== undefined) return known;
  return URL.canParse(baseURL) && alwaysReporting.test(new URL(baseURL).hostname) ? 'always' : undefined;
}

/**
 * Requests the usage of a stream that the application created without it, and hides the extra chunk from the
 * application. Chat completions report usage in a last chunk, and only on request. A caller that sets `stream_options`
 * is not changed.
 *
 * A chunk that the application would have received anyway is not hidden. A server that follows OpenAI's protocol marks
 * a requested chunk by `usage: null` in the chunks before it. Without this mark the first chunk is passed on, and the
 * next stream runs without the request, which shows what the server sends by itself.
 */
export class StreamUsage implements UsageRequest {
  readonly #baseURL: string;
  readonly #isAsking: boolean;
  readonly #habit: Habit | undefined;
  #hasMark = false;
  #hasUsage = false;

  /** @returns undefined if the request must not be changed */
  static of(body: RequestBody, options: unknown, baseURL: string): StreamUsage | undefined {
    if (body['stream'] !== true || body['stream_options'] !== undefined) return undefined;
    // A body in the request's options replaces this one.
    if (fieldOf(options, 'body') !== undefined) return undefined;
    return new StreamUsage(baseURL);
  }

  private constructor(baseURL: string) {
    this.#baseURL = baseURL;
    this.#habit = habitOf(baseURL);
    this.#isAsking = this.#habit === undefined || this.#habit === 'on demand';
  }

  /** The request that includes usage; undefined if the caller's stays unchanged. */
  request(body: RequestBody): RequestBody | undefined {
    return this.#isAsking ? Object.assign({}, body, { stream_options: { include_usage: true } }) : undefined;
  }

  /**
   * The chunk that contains only the usage is hidden, and `usage: null` is removed from the others. No other code has
   * received these chunks yet, so they can be changed in place.
   */
  chunk(chunk: unknown): 'hide' | undefined {
    const usage = fieldOf(chunk, 'usage');
    if (!this.#isAsking) {
      this.#hasUsage ||= usage != null;
      return undefined;
    }
    if (usage === null) {
      this.#hasMark = true;
      delete (chunk as { usage?: null }).usage;
    }
    if (usage == null || !isUsageOnly(chunk)) return undefined;
    if (this.#hasMark || this.#habit === 'on demand') return 'hide';
    habits.set(this.#baseURL, 'to find out');
    return undefined;
  }

  /** The stream was read to its end. */
  end(): void {
    if (this.#habit === 'to find out') habits.set(this.#baseURL, this.#hasUsage ? 'always' : 'on demand');
  }
}

const chunkFields: ReadonlySet<string> = new Set([
  'id',
  'object',
  'created',
  'model',
  'choices',
  'usage',
  'service_tier',
  'system_fingerprint',
  'obfuscation',
]);

/** A chunk that also contains something else, such as citations, is passed on. */
function isUsageOnly(chunk: unknown): boolean {
  const choices = fieldOf(chunk, 'choices');
  if (!Array.isArray(choices) || choices.length > 0) return false;
  return Object.keys(chunk as object).every((field) => chunkFields.has(field));
}
