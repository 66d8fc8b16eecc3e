import { z } from 'zod';
import { defined, someFields } from '../../interaction/defined.ts';
import type { Interaction, Outcome, Scalar } from '../../interaction/interaction.ts';
import { jsonText } from '../../interaction/json.ts';
import { isScalar } from '../../interaction/unknown.ts';
import { derivedIds } from '../derived-ids.ts';
import { checked } from '../route-parts.ts';
import type { ReceivedSpan } from '../routes.ts';
import { withoutNulls } from '../without-nulls.ts';
import { UNKNOWN_MODEL } from './custom-attributes.ts';
import { decodeInference } from './decode.ts';
import { athinaInference } from './payload.ts';

/**
 * A trace as athina-logger's tracing writes it (L): a tree of steps, of which each `generation` holds an inference in its
 * attributes. A step of a whole trace has no id; a step that is sent by itself gets one from the server.
 */

/** ISO 8601; Python leaves the zone out for UTC. */
const time = z.iso.datetime({ offset: true, local: true });
const json = z.unknown().optional();

const stepFields = {
  name: z.string(),
  start_time: time.exactOptional(),
  end_time: time.exactOptional(),
  duration: z.number().exactOptional().describe('milliseconds'),
  status: z.string().exactOptional().describe('free text; error, failed and failure are failures'),
  attributes: z.record(z.string(), z.unknown()).exactOptional(),
  input: json,
  output: json,
  version: z.string().exactOptional(),
};

const spanFields = {
  ...stepFields,
  id: z.string().exactOptional(),
  parent_id: z.string().exactOptional().describe('of a step that is sent by itself'),
  span_type: z.string().exactOptional().describe('generation, span, or any other word'),
};

const flatSpan = z.object(spanFields);

export interface AthinaSpan extends z.output<typeof flatSpan> {
  readonly children?: readonly AthinaSpan[];
}

const span: z.ZodType<AthinaSpan> = flatSpan.extend({
  children: z.lazy(() => z.array(span).readonly()).exactOptional(),
});

const traceFields = z.object({ ...stepFields, spans: z.array(span).readonly().exactOptional() });
const absentNulls = (value: unknown): unknown => withoutNulls(value);

export const athinaTrace = z.preprocess(absentNulls, traceFields);
export const athinaTraceChanges = z.preprocess(absentNulls, traceFields.omit({ spans: true }).partial());
export const athinaSpan = z.preprocess(absentNulls, span);
export const athinaSpanChanges = z.preprocess(absentNulls, flatSpan.partial());

export type AthinaTrace = z.output<typeof traceFields>;
export type Step = z.output<z.ZodObject<typeof stepFields>>;

interface TraceParts {
  readonly traceId: string;
  readonly interactions: readonly Interaction[];
  readonly spans: readonly ReceivedSpan[];
}

/**
 * The interactions and the other steps of a trace. Ids are derived from the trace's id and from each step's place or id.
 * @throws RouteError for a generation that is not an inference
 */
export function partsOf(trace: AthinaTrace, id: string, receivedAt: number): TraceParts {
  const { traceId, spanId: rootId } = derivedIds(`athina trace ${id}`);
  const interactions: Interaction[] = [];
  const root = stepOf(trace, { traceId, spanId: rootId }, receivedAt);
  const spans: ReceivedSpan[] = [root];
  const idOfStep = (step: string): string => derivedIds(`athina trace ${id} ${step}`).spanId;

  const add = (steps: readonly AthinaSpan[] = [], parent: string, path: string, latest: number): void => {
    steps.forEach((step, index) => {
      const place = `${path}.${index}`;
      const spanId = idOfStep(step.id ?? place);
      const parentSpanId = step.parent_id === undefined ? parent : idOfStep(step.parent_id);
      const received = stepOf(step, { traceId, spanId, parentSpanId }, latest);
      if (isGeneration(step)) interactions.push(generationOf(step, received, place));
      else spans.push(received);
      add(step.children, spanId, `${place}.children`, received.startTime);
    });
  };
  add(trace.spans, rootId, 'spans', root.startTime);
  return { traceId, interactions, spans };
}

function isGeneration({ span_type }: AthinaSpan): boolean {
  return span_type?.toLowerCase() === 'generation';
}

type Ids = Pick<ReceivedSpan, 'traceId' | 'spanId' | 'parentSpanId'>;

/** @param fallback when a step without a time started */
function stepOf(step: Step, ids: Ids, fallback: number): ReceivedSpan {
  const { start_time, end_time, duration = 0, input, output } = step;
  const ended = end_time === undefined ? undefined : utcMillis(end_time);
  const startTime = start_time === undefined ? (ended ?? fallback) - duration : utcMillis(start_time);
  const attributes = Object.entries(step.attributes ?? {}).filter((entry): entry is [string, Scalar] =>
    isScalar(entry[1]),
  );
  return defined({
    ...ids,
    name: step.name,
    startTime,
    endTime: Math.max(startTime, ended ?? startTime + duration),
    outcome: outcomeOf(step),
    attributes: someFields(Object.fromEntries(attributes)),
    input: isEmpty(input) ? undefined : input,
    output: isEmpty(output) ? undefined : output,
  });
}

/** athina-logger writes `{}` for an input or output that was not set. */
function isEmpty(value: unknown): boolean {
  return value === undefined || jsonText(value) === '{}';
}

function utcMillis(text: string): number {
  return Date.parse(/(Z|[+-]\d{2}:?\d{2})$/.test(text) ? text : `${text}Z`);
}

function outcomeOf({ status }: Step): Outcome {
  const isFailure = status !== undefined && /^(error|failed|failure)$/i.test(status);
  return isFailure ? { status: 'error', type: '_OTHER', message: status } : { status: 'ok' };
}

function generationOf(step: AthinaSpan, received: ReceivedSpan, place: string): Interaction {
  const { attributes = {} } = step;
  const body = {
    language_model_id: UNKNOWN_MODEL,
    prompt: received.input ?? [],
    response: typeof received.output === 'string' ? received.output : (received.output ?? ''),
    ...attributes,
  };
  const inference = checked(400, () => athinaInference.parse(body), `${place}.attributes`);
  const { traceId, spanId, parentSpanId, name, startTime, endTime, outcome } = received;
  const decoded = decodeInference(inference);
  return defined({
    ...decoded,
    id: `${traceId}:${spanId}`,
    traceId,
    spanId,
    parentSpanId,
    name,
    startTime,
    endTime,
    outcome: decoded.outcome.status === 'error' ? decoded.outcome : outcome,
  });
}
