import { z } from 'zod';
import { delivery, deliveryState } from './delivery-schemas.ts';
import { seconds, time, tokens, usd } from './units.ts';

const deliveries = z.record(z.string(), deliveryState).meta({ description: 'The state by destination' });

/** `live`: has not ended. `action`: waits for the outputs of your tools. `stopped`: cancelled, expired, incomplete, or its end was not observed. */
export const status = z.enum(['ok', 'error', 'live', 'action', 'stopped']).meta({ id: 'Status' });
const feedbackCounts = z.object({ up: z.number().int(), down: z.number().int() });

const isFromFuture = z.boolean().optional().meta({
  description: 'It claims to have started after it was received: the clock of its sender is wrong',
});

/** What a conversation and an interaction have in common. Absent means unknown. */
const measured = {
  status,
  error: z.string().optional().meta({ description: 'The message, else the type, of the latest error' }),
  cost: usd.optional(),
  inputTokens: tokens.optional(),
  outputTokens: tokens.optional(),
  isEstimated: z.boolean().optional().meta({ description: 'Tokens or cost are an estimate' }),
  tools: z.array(z.string()).meta({ description: 'The names of the tools that were called' }),
  feedback: feedbackCounts,
  deliveries,
};

export const conversation = z
  .object({
    id: z.string().meta({ description: 'Opaque; stable over restarts' }),
    project: z.string(),
    service: z.string().optional(),
    environment: z.string().optional(),
    conversationId: z.string().optional().meta({
      description: 'As the application named it. Absent when the interactions of one trace form the conversation',
    }),
    title: z.string().optional().meta({ description: 'The first words of the user' }),
    answer: z.string().optional().meta({ description: 'The last words of the model' }),
    firstAt: time,
    lastAt: time,
    receivedAt: time,
    duration: seconds,
    turns: z.number().int().meta({ description: 'Interactions that ended with words for the user' }),
    interactions: z.number().int(),
    errors: z.number().int(),
    unpriced: z.number().int().meta({ description: 'Interactions without a price' }),
    models: z.array(z.string()),
    users: z.array(z.string()),
    agents: z.array(z.string()),
    prompts: z.array(z.string()),
    hasRun: z.boolean(),
    sequence: z.number().int().meta({ description: 'Grows with every change; the id of live events' }),
    ...measured,
  })
  .meta({ id: 'Conversation' });

export const interactionRow = z
  .object({
    id: z.string().meta({ description: '`run:{host}:{run id}` or `{trace id}:{span id}`' }),
    project: z.string(),
    conversation: z.string().meta({ description: 'The id of its conversation' }),
    traceId: z.string(),
    spanId: z.string(),
    name: z.string(),
    operation: z.string(),
    provider: z.string().optional(),
    model: z.string().optional(),
    service: z.string().optional(),
    environment: z.string().optional(),
    user: z.string().optional(),
    agent: z.string().optional(),
    prompt: z.string().optional(),
    runId: z.string().optional(),
    startTime: time,
    endTime: time,
    duration: seconds,
    timeToFirstChunk: seconds.optional(),
    isStreamed: z.boolean(),
    costOrigin: z.string().optional(),
    title: z.string().optional(),
    answer: z.string().optional(),
    tags: z.array(z.string()),
    receivedAt: time,
    isFromFuture,
    receivedBy: z.string().meta({ description: '`otlp`, `grpc`, `athina`, `reconify`, `inkeep`, `requesty`, `kore`' }),
    sequence: z.number().int(),
    ...measured,
  })
  .meta({ id: 'InteractionRow' });

export const feedback = z
  .object({
    id: z.string(),
    interaction: z.string().optional().meta({ description: 'Absent until the answer comes' }),
    rating: z.enum(['positive', 'negative']),
    score: z.number().optional(),
    comment: z.string().optional(),
    reasons: z.array(z.object({ label: z.string(), details: z.string().optional() })),
    user: z.string().optional().meta({ description: 'Who gave it, where its sender named the user' }),
    at: time,
    receivedAt: time,
    receivedBy: z.string(),
  })
  .meta({ id: 'Feedback' });

const projectOfFeedback =
  'Where several projects have the id; and where the answer comes later, in another project than `default`';

export const newFeedback = z
  .strictObject({
    interaction: z.string().min(1).optional().meta({ description: 'TRACE:SPAN, of an answer that may come later' }),
    responseId: z.string().min(1).optional().meta({ description: 'Of an answer that may come later' }),
    messageId: z.string().min(1).optional().meta({ description: 'Of an answer that may come later' }),
    conversation: z.string().min(1).optional(),
    project: z.string().max(200).optional().meta({ description: projectOfFeedback }),
    rating: z.enum(['positive', 'negative']),
    score: z.number().optional(),
    comment: z.string().max(100_000).optional(),
    reasons: z
      .array(z.object({ label: z.string().min(1), details: z.string().optional() }))
      .max(50)
      .optional(),
    id: z.string().min(1).max(200).optional().meta({ description: 'The same id replaces the feedback' }),
  })
  .meta({ id: 'NewFeedback' });

/** The interaction as the package's `Interaction` type has it: plain JSON with messages after the conventions. */
const wholeInteraction = z.record(z.string(), z.unknown()).meta({
  id: 'Interaction',
  description: 'As the type `Interaction` of the package',
});

const isTruncated = z.boolean().optional().meta({
  description: 'A part is missing: its span was too large, or it is a run with more spans than are read',
});

const costParts = z
  .object({ input: usd, output: usd, cacheRead: usd.optional(), reasoning: usd.optional() })
  .optional()
  .meta({
    description:
      'Of the cost, by the price table: `cacheRead` is a part of `input`, `reasoning` a part of `output`. Absent when ' +
      'the table gives another total',
  });

export const interactionDetail = z
  .object({
    ...interactionRow.shape,
    interaction: wholeInteraction,
    isTruncated,
    costParts,
    deliveryLog: z.array(delivery),
    feedbackLog: z.array(feedback),
  })
  .meta({ id: 'InteractionDetail' });

export const conversationDetail = z
  .object({
    ...conversation.shape,
    rows: z.array(z.object({ ...interactionRow.shape, interaction: wholeInteraction, isTruncated, costParts })),
    next: z.string().optional().meta({ description: 'Cursor of the interactions that follow' }),
  })
  .meta({ id: 'ConversationDetail' });

export const trace = z
  .object({
    traceId: z.string(),
    project: z.string(),
    name: z.string(),
    services: z.array(z.string()),
    startTime: time,
    endTime: time,
    duration: seconds,
    spans: z.number().int(),
    errors: z.number().int(),
    interactions: z.number().int(),
    models: z.array(z.string()),
    cost: usd.optional(),
    inputTokens: tokens.optional().meta({ description: 'Of a single trace, not of a list' }),
    outputTokens: tokens.optional(),
    isTruncated: z.boolean().meta({ description: 'More spans arrived than a trace keeps' }),
    receivedAt: time,
    isFromFuture,
  })
  .meta({ id: 'Trace' });

const attributes = z.record(z.string(), z.unknown());
export const span = z
  .object({
    traceId: z.string(),
    spanId: z.string(),
    parentSpanId: z.string().optional(),
    name: z.string(),
    kind: z.enum(['internal', 'server', 'client', 'producer', 'consumer']),
    service: z.string().optional(),
    scope: z.object({ name: z.string(), version: z.string().optional(), attributes: attributes.optional() }).optional(),
    startTime: time,
    endTime: time,
    status: z.enum(['unset', 'ok', 'error']),
    statusMessage: z.string().optional(),
    operation: z.string().optional(),
    interaction: z.string().optional().meta({ description: 'The id of the interaction that this span describes' }),
    attributes,
    resource: attributes,
    events: z.array(z.object({ name: z.string(), time, attributes })),
    links: z.array(z.object({ traceId: z.string(), spanId: z.string(), attributes: attributes.optional() })),
    isTruncated: z.boolean().meta({ description: 'Attributes were left out because the span was too large' }),
  })
  .meta({ id: 'Span' });

const bySpan = <T extends z.ZodType>(value: T) => z.record(z.string(), value);
const indexes = z.array(z.number().int());

/** The names of its lists are singular: each has one entry for each span. Records have the index of a span as the key. */
export const traceOutline = z
  .object({
    startTime: time,
    names: z.array(z.string()).meta({ description: 'Each different name of a span' }),
    services: z.array(z.string()),
    spanId: z.array(z.string()),
    parent: indexes.meta({ description: 'The index of the parent span; -1 where the trace has none' }),
    name: indexes.meta({ description: 'An index of `names`' }),
    service: indexes.meta({ description: 'An index of `services`; -1 where it is unknown' }),
    start: indexes.meta({ description: 'Microseconds after `startTime`' }),
    duration: indexes.meta({ description: 'Microseconds' }),
    operations: bySpan(z.string()),
    interactions: bySpan(
      z.object({ id: z.string(), model: z.string().optional(), timeToFirstChunk: seconds.optional() }),
    ),
    errors: bySpan(z.string()).meta({ description: 'The HTTP status, else the type, else the message of its error' }),
    kinds: bySpan(z.enum(['http', 'database'])).meta({ description: 'Of spans that are no operation of a model' }),
  })
  .meta({ id: 'TraceOutline' });

export const toolSpan = z
  .object({
    traceId: z.string(),
    spanId: z.string(),
    name: z.string().meta({ description: 'The name of the tool' }),
    callId: z.string().optional().meta({ description: 'The id under which the model called it' }),
    startTime: time,
    endTime: time,
    error: z.string().optional().meta({ description: 'The message, else the type, of its error' }),
  })
  .meta({ id: 'ToolSpan' });

export const originalRequest = z
  .object({
    method: z.literal('POST'),
    url: z.string(),
    headers: z.record(z.string(), z.string()),
    body: z.record(z.string(), z.unknown()),
    missing: z.string().optional().meta({ description: 'Why it cannot be sent as it is: content was not kept, …' }),
  })
  .meta({ id: 'OriginalRequest' });

export const gatewayStatus = z
  .object({
    version: z.string(),
    url: z.string(),
    grpcUrl: z.string().optional().meta({ description: 'Where OTLP over gRPC is received; absent while it is off' }),
    dataFolder: z.string(),
    startedAt: time,
    spans: z.number().int(),
    interactions: z.number().int(),
    conversations: z.number().int(),
    bytes: z.number().int(),
    oldestAt: time.optional(),
    waiting: z.number().int().meta({ description: 'Spans that are stored and not indexed yet' }),
    retention: z.object({ maxAgeSeconds: z.number(), maxBytes: z.number() }),
    pruned: z.object({ at: time, spans: z.number().int() }).optional(),
    destinations: z.array(z.string()),
    jaegerUrl: z.string().optional().meta({ description: 'The Jaeger page that has the same traces' }),
  })
  .meta({ id: 'GatewayStatus' });

export const apiError = z
  .object({
    error: z.object({
      code: z.string(),
      message: z.string(),
      field: z.string().optional(),
    }),
  })
  .meta({ id: 'Error' });
