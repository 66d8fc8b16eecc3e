import type { Message, ToolCallPart } from '../interaction/message.ts';
import { canonical, hasSubstance, messageText } from '../interaction/message-text.ts';

/**
 * The messages of a request, which identify the tool calls that it answers. Call ids are unique only within one history
 * (some servers name each first call `call_0`), so a call is identified by the history before it.
 */
export interface ToolHistory {
  /** Whether the request ends with answers of tools. Other requests are not read further. */
  readonly hasAnswers: boolean;
  /** Oldest first. Called once, and only where tools are involved. May throw on invalid messages. */
  read(): readonly Message[];
  /** Identifies the history before these messages, such as a previous response. */
  readonly base?: string;
  /** Names of a history that the server stores. The calls of its last answer are found under them. */
  readonly names?: readonly string[];
}

/** The answer to a call, in the order of the request. Calls of some servers have no id. */
export interface ToolAnswer {
  readonly id: string | undefined;
  readonly result: unknown;
}

/** A place in the history where a turn may begin whose calls this request answers. */
export interface TurnPlace {
  /** Fingerprint of the history before the turn, and of its calls. */
  readonly exact: string;
  /**
   * Fingerprint of the message before the turn, and of its calls. It still matches if the application cuts or rewrites
   * older messages.
   */
  readonly near: string;
  readonly answers: readonly ToolAnswer[];
}

export interface ReadHistory {
  /** Fingerprint of all messages. */
  readonly whole: string;
  /** Fingerprint of the last message only. */
  readonly last: string;
  /** Newest first. A place without answers is that of calls which the application has not answered yet. */
  readonly places: readonly TurnPlace[];
  /** The answers of tools after the last message of a model. */
  readonly newest: readonly ToolAnswer[];
}

/** Maximum number of consecutive calls and answers, without a user's message between them, that are searched. */
const MAX_PLACES = 64;

export function readHistory({ read, base = '' }: ToolHistory): ReadHistory {
  const messages = read().filter(hasSubstance);
  const prefixes = fingerprintsOf(messages, base);
  return {
    whole: prefixes.at(-1) ?? '',
    last: nearOf(messages, messages.length),
    places: placesIn(messages, prefixes),
    newest: newestAnswers(messages),
  };
}

/** The keys of a turn that follows a history. */
export function turnKeys(
  { whole, last }: Pick<ReadHistory, 'whole' | 'last'>,
  calls: readonly ToolCallPart[],
): { readonly exact: string; readonly near: string } {
  const text = callsText(calls);
  return { exact: digest(`exact\n${whole}\n${text}`), near: digest(`near\n${last}\n${text}`) };
}

/**
 * Reads from the end: first the answers, then the calls that they may belong to. Alternating calls and answers may be
 * consecutive turns, or parallel calls that the application wrote one by one, so each possible beginning is a place.
 */
function placesIn(messages: readonly Message[], prefixes: readonly string[]): readonly TurnPlace[] {
  const places: TurnPlace[] = [];
  let calls: ToolCallPart[] = [];
  let answers: ToolAnswer[] = [];
  for (let at = messages.length - 1; at >= 0 && places.length < MAX_PLACES; at -= 1) {
    const message = messages[at] as Message;
    const own = answersIn(message);
    answers = [...own, ...answers];
    if (message.role === 'assistant') {
      calls = [...message.parts.filter((part) => part.type === 'tool_call'), ...calls];
      // A message of the model follows, so earlier answers belong to an earlier request.
      if (calls.length === 0) return places;
      const keys = turnKeys({ whole: prefixes[at] ?? '', last: nearOf(messages, at) }, calls);
      places.push({ ...keys, answers });
    } else if (own.length === 0 && calls.length > 0) return places;
  }
  return places;
}

function newestAnswers(messages: readonly Message[]): readonly ToolAnswer[] {
  return messages.slice(messages.findLastIndex(({ role }) => role === 'assistant') + 1).flatMap(answersIn);
}

function answersIn({ parts }: Message): ToolAnswer[] {
  return parts.flatMap((part) =>
    part.type === 'tool_call_response' ? [{ id: part.id || undefined, result: part.response }] : [],
  );
}

function callsText(calls: readonly ToolCallPart[]): string {
  return JSON.stringify(calls.map(({ id, name, arguments: args }) => [id || '', name, canonical(args)]));
}

/** One fingerprint for each prefix, beginning with the empty one. */
function fingerprintsOf(messages: readonly Message[], base: string): readonly string[] {
  const hash = sha256().update(`base\n${base}\n`);
  const prefixes = [hash.copy().digest('base64')];
  for (const message of messages) {
    hash.update(`${messageText(message)}\n`);
    prefixes.push(hash.copy().digest('base64'));
  }
  return prefixes;
}

function nearOf(messages: readonly Message[], end: number): string {
  const message = messages[end - 1];
  return message ? messageText(message) : '';
}

export function digest(text: string): string {
  return sha256().update(text).digest('base64');
}

/** Loaded on first use: loading `node:crypto` takes 3 ms, which would delay the application's start. */
function sha256(): import('node:crypto').Hash {
  return process.getBuiltinModule('node:crypto').createHash('sha256');
}
