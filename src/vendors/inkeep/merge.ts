import { bounded } from './bounds.ts';
import { callOf, isDerivedId, messageId, wordsOf } from './message-id.ts';
import type { InkeepConversation, InkeepMessage, InkeepPayload } from './payload.ts';

/**
 * The whole conversation out of what was last delivered of it and one call's view of it. A chat call brings its history
 * along, which is found again by equality; a run brings what is new, which is told by ids. A view that was merged
 * before changes nothing. Feedback and events are no part of a conversation and stay as they are.
 */
export function merge(delivered: InkeepPayload | undefined, next: InkeepPayload): InkeepPayload {
  if (delivered?.path !== '/conversations' || next.path !== '/conversations') return bounded(next);
  const { body: known } = delivered;
  const { body: view } = next;
  // What people said to each other is written by no exporter, so it can only stand for itself.
  if (known.type !== 'openai' || view.type !== 'openai') return bounded(next);

  const [older, newer] = isBefore(view.updatedAt, known.updatedAt) ? [view, known] : [known, view];
  return bounded({
    path: next.path,
    body: {
      ...older,
      ...newer,
      ...presence('externalId', known.externalId ?? view.externalId),
      ...presence('createdAt', earlier(known.createdAt, view.createdAt)),
      ...presence('properties', joined(older.properties, newer.properties)),
      ...presence('userProperties', joined(older.userProperties, newer.userProperties)),
      ...presence('tags', union(known.tags, view.tags)),
      messages: joinMessages(known, view, newer === view),
    },
  });
}

/**
 * Every known message in its order. What is new stands before the known message that follows it in the view, or at the
 * end when none does.
 */
function joinMessages(
  known: InkeepConversation,
  view: InkeepConversation,
  viewIsNewer: boolean,
): readonly InkeepMessage[] {
  const messages = [...known.messages];
  const placeOf = finderIn(known.messages);
  const insertions = new Map<number, InkeepMessage[]>();
  let fresh: InkeepMessage[] = [];
  let from = 0;

  for (const message of view.messages) {
    const place = placeOf(message, from);
    const found = place === undefined ? undefined : messages[place];
    if (place === undefined || !found) {
      fresh.push(message);
      continue;
    }
    messages[place] = updated(found, message, viewIsNewer);
    if (place < from) continue;
    if (fresh.length > 0) insertions.set(place, fresh);
    fresh = [];
    from = place + 1;
  }
  insertions.set(messages.length, fresh);
  return withInsertions(view.id ?? '', messages, insertions);
}

/** Each list of new messages stands before the place that it is filed under. */
function withInsertions(
  conversationId: string,
  messages: readonly InkeepMessage[],
  insertions: ReadonlyMap<number, readonly InkeepMessage[]>,
): readonly InkeepMessage[] {
  const taken = new Set(messages.map(({ id }) => id));
  const all: InkeepMessage[] = [];
  for (let place = 0; place <= messages.length; place += 1) {
    for (const message of insertions.get(place) ?? []) {
      const id = freeId(conversationId, all.length, message, taken);
      taken.add(id);
      all.push({ ...message, id });
    }
    const message = messages[place];
    if (message) all.push(message);
  }
  return all;
}

type Finder = (message: InkeepMessage, from: number) => number | undefined;

/**
 * Where a message of a view stands among the known ones. A provider's id is the same anywhere. Words are looked for
 * onward from the message before, and what a call told itself is never what another one told.
 */
function finderIn(known: readonly InkeepMessage[]): Finder {
  const byId = new Map(known.map(({ id }, place) => [id, place]));
  const calls = known.map(callOf);
  const byWords = new Map<string, number[]>();
  known.forEach((message, place) => {
    const words = wordsOf(message);
    const places = byWords.get(words);
    if (places) places.push(place);
    else byWords.set(words, [place]);
  });

  return (message, from) => {
    if (!isDerivedId(message.id)) return byId.get(message.id);
    const call = callOf(message);
    const places = (byWords.get(wordsOf(message)) ?? []).filter((place) => place >= from);
    if (call === undefined) return places[0];
    return places.find((place) => calls[place] === call) ?? places.find((place) => calls[place] === undefined);
  };
}

/** What both say of a message, the newer word first. Its id and its time stay those that were first known. */
function updated(known: InkeepMessage, view: InkeepMessage, viewIsNewer: boolean): InkeepMessage {
  const [older, newer] = viewIsNewer ? [known, view] : [view, known];
  return {
    ...older,
    ...newer,
    ...presence('id', known.id),
    ...presence('createdAt', known.createdAt ?? view.createdAt),
    content: newer.content === '' ? older.content : newer.content,
    ...presence('properties', joined(older.properties, newer.properties)),
    ...presence('userProperties', joined(older.userProperties, newer.userProperties)),
  };
}

/** A message's own id, or the next one that nobody has: a text may be said again at the same place of a later call. */
function freeId(
  conversationId: string,
  place: number,
  message: InkeepMessage,
  taken: ReadonlySet<string | undefined>,
): string {
  let id = message.id ?? messageId(conversationId, place, message.role, message.content);
  for (let position = place; taken.has(id); position += 1)
    id = messageId(conversationId, position, message.role, message.content);
  return id;
}

function joined<T extends object>(older: T | undefined, newer: T | undefined): T | undefined {
  return older && newer ? { ...older, ...newer } : (newer ?? older);
}

function union(
  known: readonly string[] | undefined,
  view: readonly string[] | undefined,
): readonly string[] | undefined {
  return known && view ? [...new Set([...known, ...view])] : (known ?? view);
}

function earlier(one: string | undefined, other: string | undefined): string | undefined {
  return isBefore(other, one) ? other : (one ?? other);
}

/** By the moment and not by the text: other writers may use another zone. */
function isBefore(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined && Date.parse(one) < Date.parse(other);
}

function presence<K extends string, T>(key: K, value: T | undefined): { readonly [key in K]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [key in K]: T });
}
