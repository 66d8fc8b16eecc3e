import { z } from 'zod';
import {
  comparedPayloads,
  delivery,
  deliveryNote,
  deliveryState,
  destination,
  sendSelection,
  vendorFields,
} from './delivery-schemas.ts';
import type { OperationName } from './paths.ts';
import { listSummary, statistics, usageRow } from './report-schemas.ts';
import {
  conversation,
  conversationDetail,
  feedback,
  gatewayStatus,
  interactionDetail,
  interactionRow,
  newFeedback,
  originalRequest,
  span,
  toolSpan,
  trace,
  traceOutline,
} from './schemas.ts';

/** One operation: what it takes and what it answers. All texts of a query arrive as texts and are converted here. */
export interface Route {
  readonly summary: string;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly answer: z.ZodType;
}

const limit = z.coerce.number().int().min(1).max(500).default(50);
const cursor = z.string().max(500).optional().meta({ description: '`next` of the page before' });
const filter = z.string().max(2_000).default('').meta({ description: 'A filter, see docs/gateway-api.md' });
const since = z.string().max(40).optional().meta({
  description: 'An ISO 8601 time, Unix milliseconds, or a duration before now: 15m, 12h, 7d',
});
const project = z.string().max(200).optional();
const projectOfId = project.meta({
  description: 'Where several projects have the id. Without it, the default project, else the first by name',
});
const selection = { q: filter, since, until: since, project };

const page = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    next: z.string().optional().meta({ description: 'Cursor of the next page; absent on the last' }),
  });
const changed = z.object({ changed: z.number().int() });
const usage = z.object({
  items: z.array(usageRow),
  isPartial: z.boolean().meta({ description: 'There are more rows than are answered' }),
});

export const routes = {
  listConversations: {
    summary: 'Conversations, the latest first',
    query: z.object({ ...selection, limit, cursor }),
    answer: page(conversation),
  },
  getConversation: {
    summary: 'A conversation with its interactions, the first one first',
    query: z.object({ limit: z.coerce.number().int().min(1).max(500).default(200), cursor, project }),
    answer: conversationDetail,
  },
  listToolSpans: {
    summary: 'The tools that ran within a conversation, as far as spans of them arrived, the first one first',
    query: z.object({ limit: z.coerce.number().int().min(1).max(10_000).default(2_000), cursor, project }),
    answer: page(toolSpan),
  },
  deleteConversation: {
    summary: 'Delete a conversation with its spans, its text and its place in every total; by its name, with `project`',
    query: z.object({ project }),
    answer: z.object({ interactions: z.number().int(), spans: z.number().int() }),
  },
  listInteractions: {
    summary: 'Interactions, the latest first',
    query: z.object({ ...selection, limit, cursor }),
    answer: page(interactionRow),
  },
  getInteraction: {
    summary: 'An interaction with its content, deliveries and feedback',
    query: z.object({ project: projectOfId }),
    answer: interactionDetail,
  },
  getRequest: {
    summary: 'The request to the model, rebuilt from the interaction, without the key',
    query: z.object({ project: projectOfId }),
    answer: originalRequest,
  },
  getDelivery: {
    summary: 'What a destination got of an interaction: the request, as the destination would receive it now',
    query: z.object({ project: projectOfId }),
    answer: z.object({
      ...delivery.shape,
      request: z
        .object({ method: z.string(), url: z.string(), headers: z.record(z.string(), z.string()), body: z.unknown() })
        .optional(),
    }),
  },
  comparePayloads: {
    summary: 'The same facts in the payloads of two destinations, row by row',
    query: z.object({ left: z.string().max(200), right: z.string().max(200), project: projectOfId }),
    answer: comparedPayloads,
  },
  retryDelivery: {
    summary: 'Send an interaction to a destination again, whether or not it was delivered',
    query: z.object({ project: projectOfId }),
    answer: changed,
  },
  dropDelivery: {
    summary: 'Delete the dead letter of one interaction',
    query: z.object({ project: projectOfId }),
    answer: changed,
  },
  listTraces: {
    summary: 'Traces, the latest first',
    query: z.object({ ...selection, limit, cursor }),
    answer: page(trace),
  },
  getTrace: {
    summary: 'A trace with its spans, by start time',
    query: z.object({
      limit: z.coerce.number().int().min(1).max(10_000).default(2_000),
      cursor,
      content: z.enum(['true', 'false']).default('true').meta({ description: 'false leaves attributes out' }),
      span: z.string().max(64).optional().meta({ description: 'Only the span with this id' }),
      project,
    }),
    answer: z.object({ ...trace.shape, items: z.array(span), next: z.string().optional() }),
  },
  getTraceOutline: {
    summary: 'What a waterfall draws of all spans of a trace, by start time: lists of equal length, one entry a span',
    query: z.object({ project }),
    answer: traceOutline,
  },
  getTraceOtlp: {
    summary: 'A trace as OTLP/JSON, in pages: the `resourceSpans` of all pages together are the trace',
    query: z.object({ limit: z.coerce.number().int().min(1).max(10_000).default(2_000), cursor, project }),
    answer: z.object({
      resourceSpans: z.array(z.record(z.string(), z.unknown())),
      next: z.string().optional().meta({ description: 'Cursor of the next page; absent on the last' }),
    }),
  },
  listUsers: {
    summary: 'Users by cost',
    query: z.object({ since, until: since, project, limit }),
    answer: usage,
  },
  listModels: {
    summary: 'Models by cost',
    query: z.object({ since, until: since, project, limit }),
    answer: usage,
  },
  listCosts: {
    summary: 'Cost, tokens and errors over time or by group, from the rollups',
    query: z.object({
      by: z.enum(['quarter', 'hour', 'day', 'model', 'user']).default('day'),
      since,
      until: since,
      project,
    }),
    answer: usage,
  },
  summary: {
    summary: 'Totals of a list of conversations, and how many are in each state that needs a person',
    query: z.object(selection),
    answer: listSummary,
  },
  statistics: {
    summary: 'Cost, tokens, latency percentiles and errors, over time and by group',
    query: z.object({
      ...selection,
      by: z.enum(['model', 'user', 'prompt', 'service', 'tool']).default('model'),
      buckets: z.coerce.number().int().min(1).max(500).default(84),
      limit: z.coerce.number().int().min(1).max(100).default(20),
    }),
    answer: statistics,
  },
  timeline: {
    summary: 'Interactions and errors per bucket of time, for the strip above a list',
    query: z.object({ ...selection, buckets: z.coerce.number().int().min(1).max(500).default(120) }),
    answer: z.object({
      start: z.number(),
      bucketMillis: z.number(),
      interactions: z.array(z.number().int()),
      errors: z.array(z.number().int()),
    }),
  },
  search: {
    summary: 'Full-text search in messages, the latest first',
    query: z.object({ q: z.string().min(1).max(500), since, until: since, project, limit, cursor }),
    answer: page(interactionRow),
  },
  checkFilter: {
    summary: 'Check a filter',
    query: z.object({ q: filter }),
    answer: z.object({
      errors: z.array(z.object({ start: z.number().int(), end: z.number().int(), message: z.string() })),
    }),
  },
  complete: {
    summary: 'Values that exist for a key, each with the number of interactions it would leave',
    query: z.object({ ...selection, key: z.string().max(100), prefix: z.string().max(200).default(''), limit }),
    answer: z.object({ items: z.array(z.object({ value: z.string(), interactions: z.number().int() })) }),
  },
  resolve: {
    summary: 'Find what an id names: a trace, span, response, run, call, message or conversation',
    query: z.object({ id: z.string().min(1).max(500) }),
    answer: z.object({
      items: z.array(
        z.object({
          kind: z.enum(['trace', 'span', 'interaction', 'run', 'conversation']),
          id: z.string(),
          project: z.string(),
          conversation: z.string().optional(),
          traceId: z.string().optional(),
          interaction: z.string().optional(),
        }),
      ),
    }),
  },
  listFeedback: {
    summary: 'Feedback, the latest first',
    query: z.object({ since, until: since, project, limit, cursor }),
    answer: page(feedback),
  },
  addFeedback: { summary: 'Give feedback on an interaction', body: newFeedback, answer: feedback },
  listDestinations: {
    summary: 'Destinations with the number of their records by state, and over time where `since` is set',
    query: z.object({ since, buckets: z.coerce.number().int().min(1).max(500).default(48) }),
    answer: z.object({ items: z.array(destination) }),
  },
  listDeliveries: {
    summary: 'The records of a destination, the latest first',
    query: z.object({ state: deliveryState.optional(), limit, cursor }),
    answer: page(delivery),
  },
  noteDeliveries: {
    summary: 'Report what became of records that another process sent, such as `spanport forward`',
    body: z.strictObject({ items: z.array(deliveryNote).max(1_000) }),
    answer: changed,
  },
  retryDeliveries: { summary: 'Send all dead letters of a destination again', answer: changed },
  dropDeliveries: { summary: 'Delete all dead letters of a destination', answer: changed },
  sendInteractions: {
    summary:
      'Send a range of interactions to a destination again, the oldest first, whether or not they were delivered',
    body: sendSelection,
    answer: z.object({
      interactions: z.number().int().meta({ description: 'How many are sent; their deliveries show the progress' }),
      isPartial: z.boolean().meta({ description: 'Only the latest 10,000 of the range are sent' }),
    }),
  },
  getVendorFields: { summary: 'Which field of a payload holds which field of an interaction', answer: vendorFields },
  getStatus: { summary: 'What this gateway is and holds', answer: gatewayStatus },
  signIn: {
    summary: 'Exchange the token for a cookie, once per browser',
    body: z.strictObject({ token: z.string().max(1_000) }),
    answer: z.object({ ok: z.literal(true) }),
  },
  signOut: { summary: 'Drop the cookie', answer: z.object({ ok: z.literal(true) }) },
} as const satisfies Readonly<Record<OperationName, Route>>;

export type Routes = typeof routes;
type QueryOf<R> = R extends { readonly query: z.ZodType } ? R['query'] : never;
type BodyOf<R> = R extends { readonly body: z.ZodType } ? R['body'] : never;
/** What a caller may pass as the query: all that has a default may be left out. */
export type QueryInput<N extends OperationName> = [QueryOf<Routes[N]>] extends [never]
  ? undefined
  : Partial<Record<keyof z.input<QueryOf<Routes[N]>>, string | number | undefined>>;
export type Query<N extends OperationName> = [QueryOf<Routes[N]>] extends [never]
  ? object
  : z.output<QueryOf<Routes[N]>>;
export type Body<N extends OperationName> = [BodyOf<Routes[N]>] extends [never]
  ? undefined
  : z.output<BodyOf<Routes[N]>>;
export type Answer<N extends OperationName> = z.output<Routes[N]['answer']>;

export type Conversation = z.output<typeof conversation>;
export type InteractionRow = z.output<typeof interactionRow>;
export type TraceRow = z.output<typeof trace>;
export type Span = z.output<typeof span>;
export type ToolSpan = z.output<typeof toolSpan>;
export type Delivery = z.output<typeof delivery>;
export type DeliveryState = z.output<typeof deliveryState>;
export type FeedbackRow = z.output<typeof feedback>;
export type NewFeedback = z.output<typeof newFeedback>;
export type UsageRow = z.output<typeof usageRow>;
export type GatewayStatus = z.output<typeof gatewayStatus>;
export type Destination = z.output<typeof destination>;
