import type { Interaction } from '../../src/interaction/interaction.ts';
import { matches } from '../../src/vendors/route-conditions.ts';
import type {
  Page,
  Paging,
  ReceivedEvent,
  ReceivedFeedback,
  ReceivedSpan,
  RouteChanges,
  RouteStore,
  StoredConversation,
  VendorDocument,
} from '../../src/vendors/routes.ts';

/** A gateway's store for one vendor, in memory: the meaning of each query in as few lines as possible. */
export class MemoryStore implements RouteStore {
  readonly stored: Map<string, Interaction> = new Map();
  readonly spans: Map<string, ReceivedSpan> = new Map();
  readonly receivedFeedback: Map<string, ReceivedFeedback> = new Map();
  readonly receivedEvents: Map<string, ReceivedEvent> = new Map();
  readonly keptDocuments: Map<string, VendorDocument> = new Map();
  readonly writes: RouteChanges[] = [];
  readonly #replaced = new Set<string>();

  get all(): readonly Interaction[] {
    return [...this.stored.values()];
  }

  async interactions({
    where,
    sort,
    ...paging
  }: Parameters<RouteStore['interactions']>[0]): Promise<Page<Interaction>> {
    const direction = sort?.order === 'asc' ? 1 : -1;
    const sortValueOf = ({ startTime, endTime }: Interaction): number =>
      sort?.field === 'duration' ? endTime - startTime : startTime;
    const found = this.all
      .filter((interaction) => !where || matches(where, interaction))
      .toSorted((a, b) => direction * (sortValueOf(a) - sortValueOf(b)) || (a.id < b.id ? -1 : 1));
    return pageOf(found, paging);
  }

  async conversations({
    ids,
    externalId,
    since = Number.NEGATIVE_INFINITY,
    ...paging
  }: Parameters<RouteStore['conversations']>[0]): Promise<Page<StoredConversation>> {
    const documents = this.#documentsOf('conversation');
    const known = new Set([
      ...this.all.flatMap(({ conversationId }) => conversationId ?? []),
      ...documents.map(({ id }) => id),
    ]);
    const found = [...known]
      .filter((id) => !ids || ids.includes(id))
      .map((id) => this.#conversation(id))
      .filter((conversation) => changedAt(conversation) >= since)
      .filter(
        ({ document, interactions }) =>
          externalId === undefined ||
          document?.externalId === externalId ||
          interactions.some(({ traceId }) => traceId === externalId),
      );
    return pageOf(
      found.toSorted((a, b) => changedAt(b) - changedAt(a)),
      paging,
    );
  }

  async documents({
    collection,
    ids,
    ...paging
  }: Parameters<RouteStore['documents']>[0]): Promise<Page<VendorDocument>> {
    const found = this.#documentsOf(collection).filter(({ id }) => !ids || ids.includes(id));
    return pageOf(
      found.toSorted((a, b) => b.updatedAt - a.updatedAt),
      paging,
    );
  }

  async feedback(query: Parameters<RouteStore['feedback']>[0]): Promise<Page<ReceivedFeedback>> {
    const { ids, rating, messageIds, since = Number.NEGATIVE_INFINITY, ...paging } = query;
    const found = [...this.receivedFeedback.values()]
      .filter(({ id }) => !ids || ids.includes(id))
      .filter(({ feedback }) => feedback.time >= since)
      .filter(({ feedback }) => !rating || feedback.rating === rating)
      .filter(({ feedback }) => !messageIds || messageIds.includes(feedback.messageId ?? ''));
    return pageOf(
      found.toSorted((a, b) => b.feedback.time - a.feedback.time),
      paging,
    );
  }

  async events(query: Parameters<RouteStore['events']>[0]): Promise<Page<ReceivedEvent>> {
    const { ids, since = Number.NEGATIVE_INFINITY, ...paging } = query;
    const found = [...this.receivedEvents.values()]
      .filter(({ id }) => !ids || ids.includes(id))
      .filter(({ event }) => event.time >= since);
    return pageOf(
      found.toSorted((a, b) => b.event.time - a.event.time),
      paging,
    );
  }

  async write(changes: RouteChanges): Promise<void> {
    // What a store cannot write as JSON would only be found out on disk.
    const {
      interactions = [],
      updatedInteractionIds = [],
      replacedInteractions = [],
      deletedInteractionIds = [],
      spans = [],
      feedback = [],
      deletedFeedbackIds = [],
      events = [],
      documents = [],
      deletedConversationIds = [],
    } = JSON.parse(JSON.stringify(changes)) as RouteChanges;
    this.writes.push(changes);
    for (const id of deletedInteractionIds) this.stored.delete(id);
    for (const interaction of interactions) {
      const known = this.stored.get(interaction.id);
      const isResend = this.#replaced.has(interaction.id) && !updatedInteractionIds.includes(interaction.id);
      this.stored.set(interaction.id, isResend ? { ...interaction, ...known } : { ...known, ...interaction });
    }
    for (const { interaction } of replacedInteractions) {
      this.stored.set(interaction.id, interaction);
      this.#replaced.add(interaction.id);
    }
    for (const span of spans) this.spans.set(`${span.traceId}:${span.spanId}`, span);
    for (const entry of feedback) this.receivedFeedback.set(entry.id, entry);
    for (const id of deletedFeedbackIds) this.receivedFeedback.delete(id);
    for (const entry of events) this.receivedEvents.set(entry.id, entry);
    for (const document of documents) this.keptDocuments.set(`${document.collection}/${document.id}`, document);
    for (const id of deletedConversationIds) this.#deleteConversation(id);
  }

  #documentsOf(collection: string): readonly VendorDocument[] {
    return [...this.keptDocuments.values()].filter((document) => document.collection === collection);
  }

  #conversation(id: string): StoredConversation {
    const document = this.keptDocuments.get(`conversation/${id}`);
    const interactions = this.all
      .filter(({ conversationId }) => conversationId === id)
      .toSorted((a, b) => a.startTime - b.startTime);
    return { id, interactions, ...(document && { document }) };
  }

  #deleteConversation(id: string): void {
    for (const interaction of this.all) if (interaction.conversationId === id) this.stored.delete(interaction.id);
    for (const [key, document] of this.keptDocuments)
      if (document.conversationId === id) this.keptDocuments.delete(key);
    for (const [key, { feedback }] of this.receivedFeedback)
      if (feedback.conversationId === id) this.receivedFeedback.delete(key);
    for (const [key, { event }] of this.receivedEvents)
      if (event.conversationId === id) this.receivedEvents.delete(key);
  }
}

function changedAt({ document, interactions }: StoredConversation): number {
  return Math.max(document?.updatedAt ?? 0, ...interactions.map(({ endTime }) => endTime));
}

function pageOf<T>(found: readonly T[], { offset = 0, limit }: Paging): Page<T> {
  return { items: found.slice(offset, offset + limit), total: found.length };
}
