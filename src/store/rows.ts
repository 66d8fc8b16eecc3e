import type { Interaction } from '../interaction/interaction.ts';
import type { SqlRow, SqlValue } from '../sqlite/driver.ts';
import { isFromFuture } from './from-future.ts';
import type { Status } from './interaction-row.ts';
import type { DeliveryState } from './port.ts';

/** Rows as the store answers them. Times are Unix milliseconds, durations seconds, money USD. */

interface Measured {
  readonly status: Status;
  readonly error?: string;
  readonly cost?: number;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly isEstimated?: boolean;
  readonly tools: string[];
  readonly feedback: { up: number; down: number };
  readonly deliveries: Record<string, DeliveryState>;
}

export interface ConversationRow extends Measured {
  readonly id: string;
  readonly project: string;
  readonly service?: string;
  readonly environment?: string;
  readonly conversationId?: string;
  readonly title?: string;
  readonly answer?: string;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly receivedAt: number;
  readonly duration: number;
  readonly turns: number;
  readonly interactions: number;
  readonly errors: number;
  readonly unpriced: number;
  readonly models: string[];
  readonly users: string[];
  readonly agents: string[];
  readonly prompts: string[];
  readonly hasRun: boolean;
  readonly sequence: number;
}

export interface InteractionRow extends Measured {
  readonly id: string;
  readonly project: string;
  readonly conversation: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly name: string;
  readonly operation: string;
  readonly provider?: string;
  readonly model?: string;
  readonly service?: string;
  readonly environment?: string;
  readonly user?: string;
  readonly agent?: string;
  readonly prompt?: string;
  readonly runId?: string;
  readonly startTime: number;
  readonly endTime: number;
  readonly duration: number;
  readonly timeToFirstChunk?: number;
  readonly isStreamed: boolean;
  readonly costOrigin?: string;
  readonly title?: string;
  readonly answer?: string;
  readonly tags: string[];
  readonly receivedAt: number;
  readonly isFromFuture?: boolean;
  readonly receivedBy: string;
  readonly sequence: number;
}

export interface TraceRow {
  readonly traceId: string;
  readonly project: string;
  readonly name: string;
  readonly services: string[];
  readonly startTime: number;
  readonly endTime: number;
  readonly duration: number;
  readonly spans: number;
  readonly errors: number;
  readonly interactions: number;
  readonly models: string[];
  readonly cost?: number;
  /** Of a single trace, not of a list. */
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly isTruncated: boolean;
  readonly receivedAt: number;
  readonly isFromFuture?: boolean;
}

export interface UsageRow {
  readonly key: string;
  readonly at?: number;
  readonly interactions: number;
  readonly errors: number;
  readonly cost: number;
  readonly unpriced: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly duration: number;
  readonly isOther?: boolean;
}

export interface DeliveryRow {
  readonly destination: string;
  readonly interaction: string;
  readonly project: string;
  readonly state: DeliveryState;
  readonly updatedAt: number;
  readonly attempts: unknown[];
  readonly reason?: string;
  readonly carriedBy?: string;
  /** The first words of its interaction, in a list of records. */
  readonly title?: string;
}

export interface FeedbackRow {
  readonly id: string;
  readonly project: string;
  readonly interaction?: string;
  readonly rating: 'positive' | 'negative';
  readonly at: number;
  readonly receivedAt: number;
  readonly receivedBy: string;
  readonly data: unknown;
}

export interface PageOf<T> {
  readonly items: T[];
  readonly next?: string;
}

export interface FoundInteraction {
  readonly row: InteractionRow;
  readonly interaction: Interaction;
  /** Its span lost attributes because it was too large, or it is a run with more spans than are read. */
  readonly isTruncated?: boolean;
}

export function conversationRow(row: SqlRow): Omit<ConversationRow, 'feedback' | 'deliveries' | 'prompts'> {
  return {
    id: String(row['public_id']),
    project: String(row['project']),
    ...optionalText('service', row['service']),
    ...optionalText('environment', row['environment']),
    ...optionalText('conversationId', row['name']),
    ...optionalText('title', row['title']),
    ...optionalText('answer', row['answer']),
    firstAt: millis(row['first_us']),
    lastAt: millis(row['last_us']),
    receivedAt: millis(row['received_us']),
    duration: secondsBetween(row['first_us'], row['last_us']),
    turns: Number(row['turns']),
    interactions: Number(row['interactions']),
    errors: Number(row['errors']),
    unpriced: Number(row['unpriced']),
    models: listIn(row['models']),
    users: listIn(row['users']),
    agents: listIn(row['agents']),
    hasRun: row['has_run'] === 1,
    sequence: Number(row['sequence']),
    ...measured(row),
  };
}

/** Of a row of `interactions` joined with `public_id` of its conversation as `conversation_id`. */
export function interactionRow(row: SqlRow): Omit<InteractionRow, 'feedback' | 'deliveries'> {
  return {
    id: String(row['key']),
    project: String(row['project']),
    conversation: String(row['conversation_id']),
    traceId: String(row['trace_id']),
    spanId: String(row['span_id']),
    name: String(row['name']),
    operation: String(row['operation']),
    ...optionalText('provider', row['provider']),
    ...optionalText('model', row['model']),
    ...optionalText('service', row['service']),
    ...optionalText('environment', row['environment']),
    ...optionalText('user', row['user_id']),
    ...optionalText('agent', row['agent']),
    ...optionalText('prompt', row['prompt']),
    ...optionalText('runId', row['run_id']),
    startTime: millis(row['start_us']),
    endTime: millis(row['end_us']),
    duration: secondsBetween(row['start_us'], row['end_us']),
    ...(row['first_us'] !== null && { timeToFirstChunk: Number(row['first_us']) / 1e6 }),
    isStreamed: row['is_streamed'] === 1,
    ...optionalText('costOrigin', row['cost_origin']),
    ...optionalText('title', row['title']),
    ...optionalText('answer', row['answer']),
    tags: listIn(row['tags']),
    receivedAt: millis(row['received_us']),
    ...(row['is_future'] === 1 && { isFromFuture: true }),
    receivedBy: String(row['received_by']),
    sequence: Number(row['sequence']),
    ...measured(row),
  };
}

export function traceRow(row: SqlRow): TraceRow {
  return {
    traceId: String(row['trace_id']),
    project: String(row['project']),
    name: String(row['name']),
    services: listIn(row['services']),
    startTime: millis(row['start_us']),
    endTime: millis(row['end_us']),
    duration: secondsBetween(row['start_us'], row['end_us']),
    spans: Number(row['spans']),
    errors: Number(row['errors']),
    interactions: Number(row['interactions']),
    models: listIn(row['models']),
    ...(row['cost'] !== null && { cost: Number(row['cost']) }),
    ...optionalNumber('inputTokens', row['input_tokens']),
    ...optionalNumber('outputTokens', row['output_tokens']),
    isTruncated: row['is_full'] === 1,
    receivedAt: millis(row['received_us']),
    ...(isFromFuture(Number(row['start_us']), Number(row['received_us'])) && { isFromFuture: true }),
  };
}

export function deliveryRow(row: SqlRow): DeliveryRow {
  return {
    destination: String(row['destination']),
    interaction: String(row['interaction']),
    project: String(row['project']),
    state: String(row['state']) as DeliveryState,
    updatedAt: millis(row['updated_us']),
    attempts: listIn(row['attempts']),
    ...optionalText('reason', row['reason']),
    ...optionalText('carriedBy', row['carried_by']),
    ...optionalText('title', row['title']),
  };
}

export function feedbackRow(row: SqlRow): FeedbackRow {
  return {
    id: String(row['public_id']),
    project: String(row['project']),
    ...optionalText('interaction', row['interaction']),
    rating: row['rating'] === 'positive' ? 'positive' : 'negative',
    at: millis(row['at_us']),
    receivedAt: millis(row['received_us']),
    receivedBy: String(row['received_by']),
    data: JSON.parse(String(row['data'])) as unknown,
  };
}

function measured(row: SqlRow): Omit<Measured, 'feedback' | 'deliveries'> {
  return {
    status: String(row['status']) as Status,
    ...optionalText('error', row['error']),
    ...optionalNumber('cost', row['cost']),
    ...optionalNumber('inputTokens', row['input_tokens']),
    ...optionalNumber('outputTokens', row['output_tokens']),
    ...(row['is_estimated'] === 1 && { isEstimated: true }),
    tools: listIn(row['tools']),
  };
}

export function millis(us: SqlValue | undefined): number {
  return Number(us ?? 0) / 1e3;
}

function secondsBetween(startUs: SqlValue | undefined, endUs: SqlValue | undefined): number {
  return Math.max(0, Number(endUs ?? 0) - Number(startUs ?? 0)) / 1e6;
}

export function listIn<T>(text: SqlValue | undefined): T[] {
  return typeof text === 'string' ? (JSON.parse(text) as T[]) : [];
}

function optionalText<K extends string>(key: K, value: SqlValue | undefined): { readonly [key in K]?: string } {
  return typeof value === 'string' && value !== '' ? ({ [key]: value } as { [key in K]: string }) : {};
}

function optionalNumber<K extends string>(key: K, value: SqlValue | undefined): { readonly [key in K]?: number } {
  return value === null || value === undefined ? {} : ({ [key]: Number(value) } as { [key in K]: number });
}
