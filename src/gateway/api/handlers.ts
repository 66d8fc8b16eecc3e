import type { User } from '../../interaction/interaction.ts';
import { costPartsOf } from '../../pricing/parts.ts';
import type { Buckets } from '../../store/activity.ts';
import { parseFilter } from '../../store/filter-language.ts';
import type { Selection } from '../../store/lists.ts';
import type { DeliveryNote, ErasedInteraction } from '../../store/port.ts';
import type { UsageGroup } from '../../store/reports.ts';
import type { FoundInteraction, FeedbackRow as StoredFeedback } from '../../store/rows.ts';
import type { Store } from '../../store/store.ts';
import { type AnySelection, type Handlers, listOf, missing, type Part, times } from './calls.ts';
import { detailHandlers } from './detail-handlers.ts';
import { payloadHandlers } from './payload-handlers.ts';
import type { Answer, Delivery, Destination, FeedbackRow, NewFeedback } from './routes.ts';
import { spanFrom } from './span-answer.ts';

/** What handlers need from the gateway, in addition to its store. */
export interface ApiHost {
  readonly store: Store;
  readonly version: string;
  readonly startedAt: number;
  readonly jaegerUrl: string | undefined;
  /** The destinations that everything is sent on to. */
  readonly forwarded: readonly string[];
  url(): string;
  grpcUrl(): string | undefined;
  destinations(within?: Buckets): Promise<readonly Destination[]>;
  request(interaction: string, destination: string, project?: string): Promise<Answer<'getDelivery'>['request']>;
  resend(interaction: string, destination: string, project?: string): Promise<number>;
  noteDeliveries(notes: readonly DeliveryNote[]): Promise<void>;
  resendAll(destination: string): Promise<number>;
  dropDead(destination: string): Promise<number>;
  dropOne(interaction: string, destination: string, project?: string): Promise<number>;
  sendAgain(destination: string, selection: Selection): Promise<Answer<'sendInteractions'>>;
  addFeedback(feedback: NewFeedback): Promise<FeedbackRow>;
  /** Called with what was deleted for good. */
  forget(deleted: readonly ErasedInteraction[]): Promise<void>;
  vendorFields(name: string): Promise<Answer<'getVendorFields'> | undefined>;
}

/** Rows of a report over time; 400 days have more quarters of an hour. */
const MAX_COSTS = 5_000;
/** How long a deletion waits for the index. */
const INDEX_MILLIS = 1_000;

export function createHandlers(host: ApiHost): Handlers {
  const { store } = host;
  return {
    ...listHandlers(store),
    ...detailHandlers(store),
    ...reportHandlers(store),
    ...deliveryHandlers(host),
    ...payloadHandlers(host),
    ...changeHandlers(host),
  };
}

function listHandlers({
  read,
}: Store): Part<
  | 'listConversations'
  | 'getConversation'
  | 'listInteractions'
  | 'getInteraction'
  | 'listTraces'
  | 'getTrace'
  | 'search'
  | 'listFeedback'
> {
  return {
    listConversations: ({ query }) => read.conversations(listOf(query)),
    listInteractions: ({ query }) => read.interactions(listOf(query)),
    listTraces: ({ query }) => read.traces(listOf(query)),
    search: ({ query }) => read.interactions(listOf({ ...query, q: wordsOf(query.q) })),
    async listFeedback({ query }) {
      const { items, next } = await read.feedback(listOf(query));
      return { items: items.map(feedbackFrom), ...(next && { next }) };
    },
    async getConversation({ params, query }) {
      const row = await read.conversation(params['id'] ?? '', query.project);
      if (!row) throw missing('conversation', params['id']);
      const { items, next } = await read.interactionsOf(row.id, listOf(query));
      return {
        ...row,
        rows: items.map((found) => ({ ...found.row, ...contentOf(found) })),
        ...(next && { next }),
      };
    },
    async getInteraction({ params, query }) {
      const found = await read.interaction(params['id'] ?? '', query.project);
      if (!found) throw missing('interaction', params['id']);
      const { id, project } = found.row;
      const [deliveryLog, feedback] = await Promise.all([read.deliveriesOf(id, project), read.feedbackOf(id, project)]);
      return {
        ...found.row,
        ...contentOf(found),
        deliveryLog: deliveryLog as Delivery[],
        feedbackLog: feedback.map(feedbackFrom),
      };
    },
    async getTrace({ params, query }) {
      const row = await read.trace((params['traceId'] ?? '').toLowerCase(), query.project);
      if (!row) throw missing('trace', params['traceId']);
      const { items, next } = await read.spans(row.traceId, { ...listOf(query), project: row.project }, query.span);
      const withContent = query.content === 'true';
      return { ...row, items: items.map((each) => spanFrom(each, withContent)), ...(next && { next }) };
    },
  };
}

type Content = Pick<Answer<'getInteraction'>, 'interaction' | 'isTruncated' | 'costParts'>;

function contentOf({ interaction, isTruncated }: FoundInteraction): Content {
  const costParts = costPartsOf(interaction);
  return { interaction: { ...interaction }, ...(isTruncated && { isTruncated }), ...(costParts && { costParts }) };
}

function reportHandlers({
  read,
}: Store): Part<
  | 'listUsers'
  | 'listModels'
  | 'listCosts'
  | 'summary'
  | 'statistics'
  | 'timeline'
  | 'checkFilter'
  | 'complete'
  | 'resolve'
> {
  const usage = async (by: UsageGroup, query: AnySelection): Promise<Answer<'listCosts'>> => {
    const { limit, ...selection } = listOf(query);
    const rows = await read.usage(by, { ...selection, limit: limit + 1 });
    return { items: rows.slice(0, limit), isPartial: rows.length > limit };
  };
  return {
    listUsers: ({ query }) => usage('user', query),
    listModels: ({ query }) => usage('model', query),
    listCosts: ({ query }) => usage(query.by, { ...query, limit: MAX_COSTS }),
    checkFilter: async ({ query }) => ({ errors: [...parseFilter(query.q).errors] }),
    complete: async ({ query }) => ({ items: await read.completions(query.key, query.prefix, listOf(query)) }),
    resolve: async ({ query }) => ({ items: await read.resolve(query.id) }),
    summary: ({ query }) => read.summary(listOf(query)),
    async statistics({ query }) {
      const range = bucketsOf(query);
      const { by, buckets } = query;
      const found = await read.statistics({ ...listOf(query), ...range, by, buckets });
      return { start: range.startUs / 1e3, bucketMillis: range.bucketUs / 1e3, ...found };
    },
    async timeline({ query }) {
      const { untilUs, startUs, bucketUs } = bucketsOf(query);
      const counts = await read.timeline({
        ...listOf({ ...query, limit: 1 }),
        sinceUs: startUs,
        untilUs,
        startUs,
        bucketUs,
      });
      const interactions = new Array<number>(query.buckets).fill(0);
      const errors = new Array<number>(query.buckets).fill(0);
      for (const [bucket, total, failed] of counts) {
        const at = Math.min(Math.max(bucket, 0), query.buckets - 1);
        interactions[at] = (interactions[at] ?? 0) + total;
        errors[at] = (errors[at] ?? 0) + failed;
      }
      return { start: startUs / 1e3, bucketMillis: bucketUs / 1e3, interactions, errors };
    },
  };
}

function deliveryHandlers(
  host: ApiHost,
): Part<
  | 'getDelivery'
  | 'retryDelivery'
  | 'dropDelivery'
  | 'listDestinations'
  | 'listDeliveries'
  | 'noteDeliveries'
  | 'retryDeliveries'
  | 'dropDeliveries'
  | 'sendInteractions'
> {
  const { store } = host;
  return {
    async getDelivery({ params, query }) {
      const { id = '', destination = '' } = params;
      const found = await store.read.interaction(id, query.project);
      if (!found) throw missing('interaction', id);
      const log = await store.read.deliveriesOf(id, found.row.project);
      const delivery = log.find((each) => each.destination === destination);
      const request = await host.request(id, destination, found.row.project);
      if (!delivery && !request) throw missing('destination', destination);
      const none = {
        destination,
        interaction: id,
        project: found.row.project,
        state: 'skipped',
        updatedAt: 0,
        attempts: [],
      };
      return { ...((delivery ?? none) as Delivery), ...(request && { request }) };
    },
    retryDelivery: async ({ params, query }) => ({
      changed: await host.resend(params['id'] ?? '', params['destination'] ?? '', query.project),
    }),
    dropDelivery: async ({ params, query }) => ({
      changed: await host.dropOne(params['id'] ?? '', params['destination'] ?? '', query.project),
    }),
    sendInteractions: ({ params, body }) => host.sendAgain(params['name'] ?? '', listOf(body)),
    async listDestinations({ query }) {
      const { since, buckets } = query;
      const within = since === undefined ? undefined : { ...bucketsOf({ since, buckets }), buckets };
      return { items: [...(await host.destinations(within))] };
    },
    async listDeliveries({ params, query }) {
      const { items, next } = await store.read.deliveries(params['name'] ?? '', query.state, listOf(query));
      return { items: items as Delivery[], ...(next && { next }) };
    },
    async noteDeliveries({ body: { items } }) {
      await host.noteDeliveries(items.map(({ at, ...note }) => ({ ...note, atUs: at * 1e3 }) as DeliveryNote));
      return { changed: items.length };
    },
    retryDeliveries: async ({ params }) => ({ changed: await host.resendAll(params['name'] ?? '') }),
    dropDeliveries: async ({ params }) => ({ changed: await host.dropDead(params['name'] ?? '') }),
  };
}

function changeHandlers(host: ApiHost): Part<'deleteConversation' | 'addFeedback' | 'getStatus'> {
  const { store } = host;
  return {
    addFeedback: ({ body }) => host.addFeedback(body),
    async deleteConversation({ params, query }) {
      // What waits for the index would otherwise come back as a new conversation.
      await store.settled(INDEX_MILLIS);
      const row = await store.read.conversation(params['id'] ?? '', query.project);
      // Several projects may have a conversation of this name.
      if (!row || (query.project === undefined && row.id !== params['id'])) throw missing('conversation', params['id']);
      const { interactions, spans } = await store.deleteConversation(row.id);
      await host.forget(interactions);
      return { interactions: interactions.length, spans };
    },
    async getStatus() {
      // Read before the totals: a status without waiting spans then counts every span that was stored before it.
      const waiting = store.progress.backlog;
      const totals = await store.read.totals();
      const grpcUrl = host.grpcUrl();
      return {
        ...totals,
        version: host.version,
        url: host.url(),
        ...(grpcUrl !== undefined && { grpcUrl }),
        dataFolder: store.folder,
        startedAt: host.startedAt,
        waiting,
        retention: store.retention,
        destinations: [...host.forwarded],
        ...(host.jaegerUrl !== undefined && { jaegerUrl: host.jaegerUrl }),
      };
    },
  };
}

/** Equal buckets from `since` to `until`; without them, the last 12 hours. */
function bucketsOf({ buckets, ...range }: AnySelection & { readonly buckets: number }) {
  const nowMillis = Date.now();
  const { sinceUs, untilUs = nowMillis * 1e3 } = times(range, nowMillis);
  const startUs = sinceUs ?? untilUs - 43_200e6;
  return { sinceUs: startUs, untilUs, startUs, bucketUs: Math.max(1, Math.ceil((untilUs - startUs) / buckets)) };
}

/** A search is for words only: filter terms are taken as text. */
function wordsOf(text: string): string {
  const words = text.match(/"[^"]*"?|\S+/g) ?? [];
  return words.map((word) => `"${word.replaceAll('"', '').replaceAll('\\', '\\\\')}"`).join(' ');
}

export function feedbackFrom({
  id,
  interaction,
  rating,
  at,
  receivedAt,
  receivedBy,
  data,
}: StoredFeedback): FeedbackRow {
  const { feedback = {} } = (data ?? {}) as {
    feedback?: { score?: number; comment?: string; reasons?: FeedbackRow['reasons']; user?: User };
  };
  const user = feedback.user?.id ?? feedback.user?.email;
  return {
    id,
    ...(interaction !== undefined && { interaction }),
    rating,
    ...(feedback.score !== undefined && { score: feedback.score }),
    ...(feedback.comment !== undefined && { comment: feedback.comment }),
    reasons: feedback.reasons ?? [],
    ...(user !== undefined && { user }),
    at,
    receivedAt,
    receivedBy,
  };
}
