import type { Message, ToolCallPart } from '../interaction/message.ts';
import { canonical, hasSubstance, messageText } from '../interaction/message-text.ts';

/**
 * The messages of a request, from which the tool calls that it answers are found. Call ids are unique within one
 * history at most (some servers name each first call `call_0`), so a call is identified by the history before it.
 */
export interface ToolHistory {
  /** Whether the request ends with answers of tools. Most requests don't, and are not read any further. */
  readonly hasAnswers: boolean;
  /** Oldest first. Called once, and only where tools are involved. May throw on invalid messages. */
  read(): readonly Message[];
  /** What comes before the messages and isn't among them, such as a previous response. */
  readonly base?: string;
  /** Where the server stores the history: names under which the calls of its last answer are found. */
  readonly names?: readonly string[];
}

/** The answer to a call, in the order of the request. Servers exist that give calls no id. */
export interface ToolAnswer {
  readonly id: string | undefined;
  readonly result: unknown;
}

/** A place where the turn of a model may begin whose calls a request answers. */
export interface TurnPlace {
  /** The history before the turn, and its calls. */
  readonly exact: string;
  /** The message before the turn, and its calls: histories that are cut or rewritten keep that much. */
  readonly near: string;
  readonly answers: readonly ToolAnswer[];
}

export interface ReadHistory {
  /** Fingerprint of all messages: what comes next is the answer to this request. */
  readonly whole: string;
  /** Of the last message alone. */
  readonly last: string;
  /** Newest first. A place without answers is that of calls which the application has yet to answer. */
  readonly places: readonly TurnPlace[];
  /** Answers of tools after the last message of a model. */
  readonly newest: readonly ToolAnswer[];
}

/** Maximum number of calls and answers in a row, without a message of a user between them, that are searched. */
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

/** Keys of the calls of one turn after a history. */
export function turnKeys(
  { whole, last }: Pick<ReadHistory, 'whole' | 'last'>,
  calls: readonly ToolCallPart[],
): { readonly exact: string; readonly near: string } {
  const text = callsText(calls);
  return { exact: digest(`exact\n${whole}\n${text}`), near: digest(`near\n${last}\n${text}`) };
}

/**
 * From the end: the answers, then the calls that they may belong to. Where calls and answers alternate, parallel calls
 * that were written one by one look like turns that follow each other: each beginning is a place.
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
      // The model has answered since: earlier answers belong to an earlier request.
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

/** One fingerprint for each prefix, that of no message first. */
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

/** Loaded by the first tool loop: loading Node's cryptography takes 3 ms, which would delay the application's start. */
function sha256(): import('node:crypto').Hash {
  return process.getBuiltinModule('node:crypto').createHash('sha256');
}
