import { type Context, ROOT_CONTEXT, type SpanContext, trace } from '@opentelemetry/api';
import { BoundedMap } from '../bounded/bounded-map.ts';
import type { Facts } from '../interaction/interaction.ts';
import { canonical } from '../interaction/message-text.ts';
import { contextFields, withFields } from './context-fields.ts';
import { isOpen, OpenCalls } from './open-calls.ts';
import type { Recorder } from './recorder.ts';
import { digest, type ToolAnswer } from './tool-history.ts';
import type { Claim, OpenCall, Place, Turn } from './tool-turn.ts';

export function placeOf(active: Context, { options }: Recorder): Place {
  const fields = contextFields(active, options.baggage);
  return {
    traceId: trace.getSpanContext(active)?.traceId,
    conversationId: fields?.conversationId,
    userId: fields?.user?.id,
    sessionId: fields?.sessionId,
    customerId: fields?.customerId,
  };
}

/**
 * What a turn keeps of the context of the span that requested its calls. The context itself would keep that span, with
 * its content, and what the application has stored in it.
 */
export function requesterIn(asking: Context, { options }: Recorder): Context {
  return withRequester(ROOT_CONTEXT, trace.getSpanContext(asking), contextFields(asking, options.baggage));
}

/** The context in which a tool runs: that of the application, below the span that requested the call. */
export function contextBelow({ requester }: Turn, active: Context): Context {
  return withRequester(active, trace.getSpanContext(requester), contextFields(requester, false));
}

function withRequester(outer: Context, span: SpanContext | undefined, fields: Facts | undefined): Context {
  const inner = fields ? withFields(outer, fields) : outer;
  return span ? trace.setSpanContext(inner, span) : inner;
}

const identities = ['conversationId', 'userId', 'sessionId', 'customerId'] as const;

/** A key to find a turn. A near key is less specific, so the turn must also be of the same trace or conversation. */
export interface Lookup {
  readonly key: string;
  readonly answers: readonly ToolAnswer[];
  readonly isNear?: boolean;
}

const MAX_TURNS = 10_000;
const MAX_AGE_MILLIS = 60 * 60_000;

/**
 * The turns whose tool calls one recorder has observed, including those that are answered. If turns of several
 * histories match, none is chosen: content of one conversation must not reach the spans of another.
 */
export class ToolTurns {
  readonly #turns = new BoundedMap<{ readonly turn: Turn; readonly keys: readonly string[] }>(
    MAX_TURNS,
    MAX_AGE_MILLIS,
  );
  readonly #byKey = new Map<string, Turn[]>();
  readonly #calls = new OpenCalls();
  #count = 0;
  /** The turns before this one are in `#calls`. Only `traceTool` needs them there, so they are added when it is called. */
  #indexed = 0;

  get isEmpty(): boolean {
    return this.#turns.size === 0;
  }

  /** @returns a function that forgets the turn */
  open(turn: Turn, keys: readonly string[]): () => void {
    const name = String(this.#count++);
    for (const key of keys) {
      const turns = this.#byKey.get(key);
      if (turns) turns.push(turn);
      else this.#byKey.set(key, [turn]);
    }
    for (const left of this.#turns.set(name, { turn, keys })) this.#forget(left.turn, left.keys);
    return () => {
      this.#turns.delete(name);
      this.#forget(turn, keys);
    };
  }

  #forget(turn: Turn, keys: readonly string[]): void {
    for (const key of keys) {
      const turns = this.#byKey.get(key)?.filter((other) => other !== turn) ?? [];
      if (turns.length > 0) this.#byKey.set(key, turns);
      else this.#byKey.delete(key);
    }
    this.#calls.remove(turn);
  }

  /** The turn that a request answers. Lookups are tried in order; the first that matches any turn decides. */
  find(
    lookups: readonly Lookup[],
    place: Place,
    server: string,
  ): { readonly turn: Turn; readonly lookup: Lookup } | undefined {
    for (const lookup of lookups) {
      const answered = answersText(lookup.answers);
      const turns = (this.#byKey.get(lookup.key) ?? []).filter(
        (turn) =>
          isAt(turn, place, lookup.isNear) &&
          (turn.answered === answered || turn.calls.some(({ isAnswered }) => !isAnswered)) &&
          hasCalls(turn, lookup.answers),
      );
      if (turns.length === 0) continue;
      const turn =
        onlyOne(turns, place, 'newest') ??
        onlyOne(
          turns.filter((each) => each.server === server),
          place,
          'newest',
        );
      return turn && { turn, lookup };
    }
    return undefined;
  }

  /** The oldest open call of this function with these arguments, if the calls that match here are of one history. */
  claim(name: string, args: readonly unknown[], place: Place): Claim | undefined {
    this.#index();
    return onlyClaim(
      this.#calls.withArguments(name, args).filter(({ turn }) => isAt(turn, place)),
      place,
    );
  }

  /**
   * The open call with this id, unless several calls have it. The application passed the id, so the call may belong to
   * another trace if it is the only one in this process and its arguments are the same.
   */
  claimById(id: string, name: string, args: readonly unknown[], place: Place): Claim | undefined {
    this.#index();
    const claims = this.#calls.withId(id, name);
    const here = claims.filter(({ turn }) => isAt(turn, place));
    if (here.length > 0) return onlyClaim(here, place);
    const elsewhere = claims.filter(({ turn, call }) => !contradicts(turn.place, place) && hasArguments(call, args));
    return elsewhere.length === 1 ? elsewhere[0] : undefined;
  }

  #index(): void {
    for (let at = Math.max(this.#indexed, this.#count - MAX_TURNS); at < this.#count; at += 1) {
      const entry = this.#turns.get(String(at));
      if (entry) this.#calls.add(entry.turn);
    }
    this.#indexed = this.#count;
  }
}

function onlyClaim(claims: readonly Claim[], place: Place): Claim | undefined {
  const turn = onlyOne(
    claims.map((claim) => claim.turn),
    place,
    'oldest',
  );
  return claims.find((claim) => claim.turn === turn);
}

/** Whether the arguments of a call are the first argument of the function, or all of its arguments. */
function hasArguments(call: OpenCall, args: readonly unknown[]): boolean {
  const expected = canonical(call.arguments);
  return expected === canonical(args[0]) || (args.length > 1 && expected === canonical(args));
}

/** The oldest open call of a turn with these arguments. Several parallel calls may have the same arguments. */
export function claimIn(turn: Turn, name: string, args: unknown): Claim | undefined {
  const call = turn.calls.find((each) => isOpen(each) && each.name === name && hasArguments(each, [args]));
  return call && { turn, call };
}

/** Pairs each answer with its call. Calls with the same id are answered in order. */
export function answeredCalls(turn: Turn, answers: readonly ToolAnswer[]): readonly (readonly [OpenCall, unknown])[] {
  const pairs: (readonly [OpenCall, unknown])[] = [];
  for (const { id, result } of answers) {
    const call = turn.calls.find((each) => each.id === id && !each.isAnswered);
    if (!call) continue;
    call.isAnswered = true;
    pairs.push([call, result]);
  }
  return pairs;
}

export function answersText(answers: readonly ToolAnswer[]): string {
  return digest(JSON.stringify(answers.map(({ id, result }) => [id ?? '', canonical(result)])));
}

function hasCalls(turn: Turn, answers: readonly ToolAnswer[]): boolean {
  return answers.every(({ id }) => turn.calls.some((call) => call.id === id));
}

/**
 * Whether a turn may belong to this place. It never does if conversation, user, session or customer differ, and only
 * within one named conversation if the traces differ. The tools of a chat without a parent span run in the trace of the
 * chat's own span.
 */
function isAt({ place, requester }: Turn, here: Place, isNear = false): boolean {
  if (contradicts(place, here)) return false;
  if (place.conversationId !== undefined && place.conversationId === here.conversationId) return true;
  if (here.traceId === undefined) return place.traceId === undefined && !isNear;
  return here.traceId === place.traceId || here.traceId === trace.getSpanContext(requester)?.traceId;
}

/** Whether two places name different conversations, users, sessions or customers. */
function contradicts(one: Place, other: Place): boolean {
  return identities.some((name) => one[name] !== undefined && other[name] !== undefined && one[name] !== other[name]);
}

/**
 * The only turn. Of several turns, one is chosen only if the application named the same conversation for all of them.
 */
function onlyOne(turns: readonly Turn[], { conversationId }: Place, wanted: 'oldest' | 'newest'): Turn | undefined {
  if (turns.length === 1) return turns[0];
  const isOneConversation =
    conversationId !== undefined && turns.every(({ place }) => place.conversationId === conversationId);
  return isOneConversation ? turns.at(wanted === 'oldest' ? 0 : -1) : undefined;
}
