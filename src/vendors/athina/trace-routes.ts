import { defined, someFields } from '../../interaction/defined.ts';
import { jsonText } from '../../interaction/json.ts';
import { sha256Of } from '../derived-ids.ts';
import { answered, checked, paramOf, written } from '../route-parts.ts';
import { type Route, type RouteAnswer, RouteError, type RouteRequest, type RouteStep } from '../routes.ts';
import {
  type AthinaSpan,
  type AthinaTrace,
  athinaSpan,
  athinaSpanChanges,
  athinaTrace,
  athinaTraceChanges,
  partsOf,
  type Step,
} from './trace.ts';

/** Traces, whole or step by step. A trace is stored as it was written, and decoded again after each change. */

const TRACES = 'trace';
const ofTrace = (request: RouteRequest): string => paramOf(request, 'id');

export const traceRoutes: readonly Route[] = [
  { method: 'POST', path: '/api/v1/trace/sdk', handle: logWhole },
  { method: 'POST', path: '/api/v1/trace', handle: create },
  { method: 'GET', path: '/api/v1/trace/:id', handle: (request) => read(request, (trace) => shown({ trace })) },
  { method: 'PUT', path: '/api/v1/trace/:id', orderKey: ofTrace, handle: change },
  { method: 'POST', path: '/api/v1/trace/:id/spans', orderKey: ofTrace, handle: addSpan },
  { method: 'GET', path: '/api/v1/trace/:id/spans/:spanId', handle: readSpan },
  { method: 'PUT', path: '/api/v1/trace/:id/spans/:spanId', orderKey: ofTrace, handle: changeSpan },
];

/** A trace with the id that the server gave it. */
interface StoredTrace extends AthinaTrace {
  readonly id: string;
}

/** athina-logger repeats failed requests, so an equal trace is taken for the same one, with what was changed since. */
function logWhole(request: RouteRequest): RouteStep {
  const trace = checked(400, () => athinaTrace.parse(request.body));
  const id = sha256Of(jsonText(trace)).slice(0, 32);
  return withDocument(id, (known) =>
    known ? answered(200, shown({ trace: known }).body) : save({ ...trace, id }, request),
  );
}

function create(request: RouteRequest): RouteStep {
  const trace = checked(400, () => athinaTrace.parse(request.body));
  return save({ ...trace, id: sha256Of(`trace ${request.id}`).slice(0, 32) }, request);
}

function save(trace: StoredTrace, { receivedAt }: RouteRequest, span?: AthinaSpan, before?: StoredTrace): RouteStep {
  const { traceId, interactions, spans } = partsOf(trace, trace.id, receivedAt);
  const known = new Map(
    (before ? partsOf(before, trace.id, receivedAt).interactions : []).map((one) => [one.id, jsonText(one)]),
  );
  const updated = interactions.filter((one) => known.has(one.id) && known.get(one.id) !== jsonText(one));
  const documents = [
    { collection: TRACES, id: trace.id, externalId: traceId, updatedAt: receivedAt, body: { ...trace } },
  ];
  const changes = { interactions, updatedInteractionIds: updated.map(({ id }) => id), spans, documents };
  return written(changes, shown(span ? { span } : { trace }));
}

function shown(data: { readonly trace: StoredTrace } | { readonly span: AthinaSpan }): RouteAnswer {
  const { id } = 'trace' in data ? data.trace : data.span;
  return { status: 200, body: { status: 'success', data, id } };
}

function read(request: RouteRequest, answer: (trace: StoredTrace) => RouteAnswer): RouteStep {
  return withTrace(request, (trace) => ({ kind: 'answer', answer: answer(trace) }));
}

function withTrace(request: RouteRequest, next: (trace: StoredTrace) => RouteStep): RouteStep {
  return withDocument(paramOf(request, 'id'), (trace) => {
    if (!trace) throw new RouteError(404, 'There is no trace with this id.', 'id');
    return next(trace);
  });
}

function withDocument(id: string, next: (trace: StoredTrace | undefined) => RouteStep): RouteStep {
  return {
    kind: 'documents',
    query: { collection: TRACES, ids: [id], limit: 1 },
    next: ({ items: [document] }) => next(document && { ...athinaTrace.parse(document.body), id }),
  };
}

function change(request: RouteRequest): RouteStep {
  const changes = checked(400, () => athinaTraceChanges.parse(request.body));
  return withTrace(request, (trace) => save(joined(trace, defined(changes)), request, undefined, trace));
}

/** Attributes are added to those that are there. */
function joined<T extends Step>(known: T, changes: Partial<Step>): T {
  const attributes = someFields({ ...known.attributes, ...changes.attributes });
  return { ...known, ...changes, ...(attributes && { attributes }) };
}

function addSpan(request: RouteRequest): RouteStep {
  const sent = checked(400, () => athinaSpan.parse(request.body));
  const span = { ...sent, id: sha256Of(`span ${request.id}`).slice(0, 32) };
  return withTrace(request, (trace) => save({ ...trace, spans: [...(trace.spans ?? []), span] }, request, span, trace));
}

function readSpan(request: RouteRequest): RouteStep {
  const id = paramOf(request, 'spanId');
  return withTrace(request, ({ spans = [] }) => {
    const span = spans.find((one) => one.id === id);
    if (!span) throw noSpan();
    return answered(200, shown({ span }).body);
  });
}

function noSpan(): RouteError {
  return new RouteError(404, 'The trace has no span with this id.', 'spanId');
}

function changeSpan(request: RouteRequest): RouteStep {
  const changes = checked(400, () => athinaSpanChanges.parse(request.body));
  const id = paramOf(request, 'spanId');
  return withTrace(request, (trace) => {
    const { spans = [] } = trace;
    const place = spans.findIndex((one) => one.id === id);
    const known = spans[place];
    if (!known) throw noSpan();
    const span = { ...joined(known, defined(changes)), id };
    return save({ ...trace, spans: spans.with(place, span) }, request, span, trace);
  });
}
