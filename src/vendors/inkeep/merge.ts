import { bounded } from './bounds.ts';
import { callOf, contentKeyOf, isDerivedId, messageId } from './message-id.ts';
import type { InkeepConversation, InkeepMessage, InkeepPayload } from './payload.ts';

/**
 * Merges one call's view of a conversation into what was last delivered of it. A chat call carries its history, whose
 * messages are matched by content; a run carries new messages, which are matched by id. Merging a view twice changes
 * nothing. Feedback and events are returned unchanged.
 */
export function merge(delivered: InkeepPayload | undefined, next: InkeepPayload): InkeepPayload {
  if (delivered?.path !== '/conversations' || next.path !== '/conversations') return bounded(next);
  const { body: known } = delivered;
  const { body: view } = next;
  // Conversations between people are not written by exporters and are never merged.
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
 * All known messages in their order. A new message is inserted before the known message that follows it in the view, or
 * at the end when none follows.
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
    const match = place === undefined ? undefined : messages[place];
    if (place === undefined || !match) {
      fresh.push(message);
      continue;
    }
    messages[place] = updated(match, message, viewIsNewer);
    if (place < from) continue;
    if (fresh.length > 0) insertions.set(place, fresh);
    fresh = [];
    from = place + 1;
  }
  insertions.set(messages.length, fresh);
  return withInsertions(view.id ?? '', messages, insertions);
}

/** Inserts each list of new messages before its place. */
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
 * The place of a view's message among the known ones. A provider's id identifies a message. Without one, its content is
 * searched for after the preceding message, and messages of two different calls are never the same.
 */
function finderIn(known: readonly InkeepMessage[]): Finder {
  const byId = new Map(known.map(({ id }, place) => [id, place]));
  const calls = known.map(callOf);
  const byContent = new Map<string, number[]>();
  known.forEach((message, place) => {
    const content = contentKeyOf(message);
    const places = byContent.get(content);
    if (places) places.push(place);
    else byContent.set(content, [place]);
  });

  /** A call whose answer was changed later has the same number of answers as before, in the same order. */
  const changedAnswer = ({ role }: InkeepMessage, call: unknown, from: number): number | undefined => {
    const place = known.findIndex(
      (one, at) => at >= from && calls[at] === call && one.role === role && isDerivedId(one.id),
    );
    return role === 'assistant' && place >= 0 ? place : undefined;
  };

  return (message, from) => {
    if (!isDerivedId(message.id)) return byId.get(message.id);
    const call = callOf(message);
    const places = (byContent.get(contentKeyOf(message)) ?? []).filter((place) => place >= from);
    if (call === undefined) return places[0];
    return (
      places.find((place) => calls[place] === call) ??
      places.find((place) => calls[place] === undefined) ??
      changedAnswer(message, call, from)
    );
  };
}

/** Both versions of a message, with the values of the newer one. Id and creation time stay as they were first known. */
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

/** The message's id, or the next free one: an equal text may be at the same position of a later call. */
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

/** Compares instants and not texts: other writers may use another time zone. */
function isBefore(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined && Date.parse(one) < Date.parse(other);
}

function presence<K extends string, T>(key: K, value: T | undefined): { readonly [key in K]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [key in K]: T });
}
