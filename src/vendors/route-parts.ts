import type { Interaction } from '../interaction/interaction.ts';
import { jsonText } from '../interaction/json.ts';
import { listOf, recordOf, stringOf } from '../interaction/unknown.ts';
import {
  type ReplacedInteraction,
  type RouteAnswer,
  type RouteChanges,
  RouteError,
  type RouteRequest,
  type RouteStep,
} from './routes.ts';

/** Small parts that the routes of several vendors are made of. */

export function answered(status: number, body: unknown): RouteStep {
  return { kind: 'answer', answer: { status, body } };
}

/** An interaction that a client has changed. */
export function replaced(before: Interaction, after: Interaction): ReplacedInteraction {
  const fields = Object.keys(after) as (keyof Interaction)[];
  return { interaction: after, fields: fields.filter((field) => jsonText(after[field]) !== jsonText(before[field])) };
}

/** Writes, and answers once that is committed. */
export function written(changes: RouteChanges, answer: RouteAnswer): RouteStep {
  return { kind: 'write', changes, next: () => ({ kind: 'answer', answer }) };
}

/**
 * Runs a schema or a decoder over what a client sent.
 * @param within the field that holds the value
 * @throws RouteError with this status, which names the field, where the schema refuses the value
 */
export function checked<T>(status: number, parse: () => T, within?: string): T {
  try {
    return parse();
  } catch (error) {
    const issue = deepestIssue(recordOf(error)?.['issues']);
    if (!issue) throw error;
    const field = [...(within === undefined ? [] : [within]), ...issue.path].join('.');
    throw new RouteError(status, sentenceOf(field || 'The body', issue.message), field || undefined);
  }
}

const RECEIVED_NOTHING = /received undefined$/;

/** Zod's message as a sentence about a field. */
function sentenceOf(field: string, message: string): string {
  if (RECEIVED_NOTHING.test(message)) return `${field} is missing.`;
  const reason = message.replace(/^Invalid (input|option): /, '').replace(/\.$/, '');
  // All that a union says when no alternative comes close.
  return `${field} is invalid: ${reason === 'Invalid input' ? 'it has none of the accepted forms' : reason}.`;
}

interface Issue {
  readonly path: readonly string[];
  readonly message: string;
}

/** For a union, the issue of the alternative that matched furthest, which is most likely the one that the client meant. */
function deepestIssue(issues: unknown): Issue | undefined {
  const [first] = (listOf(issues) ?? []).map(recordOf);
  if (!first) return undefined;
  const path = (listOf(first['path']) ?? []).map(String);
  const alternatives = (listOf(first['errors']) ?? []).flatMap((inner) => deepestIssue(inner) ?? []);
  const [deepest] = alternatives.toSorted((one, other) => other.path.length - one.path.length);
  if (!deepest || deepest.path.length === 0) {
    // A union does not say by itself that the value is missing.
    const isMissing = deepest !== undefined && RECEIVED_NOTHING.test(deepest.message);
    return { path, message: (isMissing ? deepest.message : stringOf(first['message'])) ?? 'invalid' };
  }
  return { path: [...path, ...deepest.path], message: deepest.message };
}

/** Decoders start a record that names no time at the epoch. */
const FIRST_REAL_TIME = 100_000_000_000;

/** A record without a time ended when the gateway received it. */
export function dated(interaction: Interaction, receivedAt: number): Interaction {
  const { startTime, endTime } = interaction;
  if (endTime >= FIRST_REAL_TIME) return interaction;
  return { ...interaction, startTime: receivedAt - (endTime - startTime), endTime: receivedAt };
}

/** The key of an `Authorization: Bearer` header; undefined where there is none. */
export function bearerKeyOf({ headers }: RouteRequest): string | undefined {
  return /^Bearer\s+(\S+)\s*$/i.exec(headers['authorization'] ?? '')?.[1];
}

/** A parameter of the route's own path, which is therefore always present. */
export function paramOf({ params }: RouteRequest, name: string): string {
  return params[name] ?? '';
}
