import { type HttpAnswer, HttpError, json, rawAnswer, stream, typedFrame } from './answer.ts';
import { bodyOf, type Context, isRaw, type Route, singleReply } from './context.ts';
import { conversationOf } from './conversations.ts';
import { answeringModel, requiredModel } from './models.ts';
import { page } from './paging.ts';
import { pause } from './pause.ts';
import { inputItems, itemMessage } from './response-items.ts';
import { finish, isOpen, lookAtResponse, nextResponseEvent, responding } from './response-machine.ts';
import type { Item, ResponseObject, ResponseRecord } from './responses-wire.ts';
import { turnFrom } from './script.ts';
import { countUsage, inputTokens, responseUsage } from './tokens.ts';
import { offeredFunctions, schemaOf, textOf, toolChoiceOf } from './turn.ts';
import type { JsonObject, ModelTurn } from './types.ts';

/** `/responses` */
export const responseRoutes: readonly Route[] = [
  { method: 'POST', path: '/responses', handle: create },
  { method: 'POST', path: '/responses/compact', handle: compact },
  { method: 'POST', path: '/responses/input_tokens', handle: countInput },
  { method: 'GET', path: '/responses/:response', handle: retrieve },
  { method: 'DELETE', path: '/responses/:response', handle: remove },
  { method: 'POST', path: '/responses/:response/cancel', handle: cancel },
  { method: 'GET', path: '/responses/:response/input_items', handle: listInput },
];

interface ResponseBody {
  readonly model: string;
  readonly input: unknown;
  readonly instructions: unknown;
  readonly stream: boolean | null;
  readonly background: boolean | null;
  readonly store: boolean | null;
  readonly previous_response_id: string | null;
  readonly conversation: string | { readonly id: string } | null;
  readonly tools: readonly JsonObject[];
  readonly tool_choice: unknown;
  readonly parallel_tool_calls: boolean | null;
  readonly text: { readonly format?: unknown; readonly verbosity?: string };
  readonly reasoning: { readonly effort?: string; readonly summary?: string } | null;
  readonly max_output_tokens: number | null;
  readonly temperature: number | null;
  readonly top_p: number | null;
  readonly truncation: string | null;
  readonly service_tier: string | null;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly user: string;
}

async function create(context: Context): Promise<HttpAnswer> {
  const body = bodyOf<ResponseBody>(context);
  const model = requiredModel(body.model);
  const conversation = body.conversation ? conversationOf(context, idOf(body.conversation)) : undefined;
  if (conversation && body.previous_response_id) {
    throw new HttpError(400, "Mutually exclusive parameters: 'conversation' and 'previous_response_id'.");
  }
  const input = inputItems(body.input, context.newId);
  const turn = responseTurn(model, body, [...earlierItems(context, body), ...input]);
  const answered = await context.ask(turn);
  if (isRaw(answered)) return rawAnswer(answered);
  const reply = singleReply(answered);
  const response = newResponse(context, body, reply.model ?? answeringModel(model), reply.serviceTier);
  const record: ResponseRecord = {
    response,
    input,
    conversation: conversation?.items,
    reply,
    counts: countUsage(turn, reply),
    past: [],
    future: [].values(),
    changedAt: context.millis(),
  };
  record.future = responding(record, context);
  if (response.store) context.state.responses.set(response.id, record);
  conversation?.items.push(...input);
  if (body.stream) return stream(frames(context, record, 0));
  if (!body.background) finish(record, context);
  return json(response);
}

const idOf = (conversation: string | { readonly id: string }): string =>
  typeof conversation === 'string' ? conversation : conversation.id;

/** What a response goes on from. */
type Follows = { readonly [F in 'conversation' | 'previous_response_id']?: ResponseBody[F] | undefined };

/** The earlier messages: of the conversation, or of the responses this one follows, oldest first. */
function earlierItems(context: Context, body: Follows): Item[] {
  if (body.conversation) return conversationOf(context, idOf(body.conversation)).items;
  if (!body.previous_response_id) return [];
  const { input, response } = storedResponse(context, body.previous_response_id);
  return [...earlierItems(context, response), ...input, ...response.output];
}

function storedResponse({ state }: Context, id: string | undefined): ResponseRecord {
  const found = state.responses.get(id ?? '');
  if (found) return found;
  throw new HttpError(404, `Response with id '${id}' not found.`);
}

function responseTurn(model: string, body: Partial<ResponseBody>, items: readonly Item[]): Omit<ModelTurn, 'request'> {
  const schema = schemaOf(body.text?.format);
  const instructions = textOf(body.instructions);
  return turnFrom({
    api: 'responses',
    model,
    messages: [...(instructions ? [{ role: 'system', text: instructions }] : []), ...items.flatMap(itemMessage)],
    tools: offeredFunctions(body.tools),
    toolChoice: toolChoiceOf(body.tool_choice),
    parallelToolCalls: body.parallel_tool_calls !== false,
    ...(schema && { schema }),
    ...(body.max_output_tokens && { maxOutputTokens: body.max_output_tokens }),
  });
}

function newResponse(
  context: Context,
  body: Partial<ResponseBody>,
  model: string,
  serviceTier: string | undefined,
): ResponseObject {
  return {
    id: context.newId('resp_'),
    object: 'response',
    created_at: context.seconds(),
    status: body.background ? 'queued' : 'in_progress',
    background: body.background ?? false,
    completed_at: null,
    error: null,
    incomplete_details: null,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    model,
    output: [],
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: body.previous_response_id ?? null,
    ...(body.conversation && { conversation: { id: idOf(body.conversation) } }),
    reasoning: { effort: body.reasoning?.effort ?? null, summary: body.reasoning?.summary ?? null },
    service_tier: serviceTier ?? (body.service_tier === 'auto' || !body.service_tier ? 'default' : body.service_tier),
    store: body.store ?? true,
    temperature: body.temperature ?? 1,
    text: { format: body.text?.format ?? { type: 'text' }, verbosity: body.text?.verbosity ?? 'medium' },
    tool_choice: body.tool_choice ?? 'auto',
    tools: body.tools ?? [],
    top_p: body.top_p ?? 1,
    truncation: body.truncation ?? 'disabled',
    usage: null,
    user: body.user ?? null,
    metadata: body.metadata ?? {},
  };
}

/** All events from a number on, those to come included. A response that never ends keeps its stream open. */
async function* frames(context: Context, record: ResponseRecord, from: number): AsyncGenerator<string> {
  for (let at = from; ; at += 1) {
    const event = record.past[at] ?? nextResponseEvent(record, context);
    if (event) yield typedFrame(event);
    else if (!isOpen(record)) return;
    else await pause(Number.POSITIVE_INFINITY, context.gone);
    if (context.gone.aborted) return;
  }
}

function retrieve(context: Context): HttpAnswer {
  const { query } = context.request;
  const record = storedResponse(context, context.params['response']);
  if (query['stream'] === 'true') {
    const from = query['starting_after'] === undefined ? 0 : Number(query['starting_after']) + 1;
    return stream(frames(context, record, from));
  }
  lookAtResponse(record, context);
  return json(record.response);
}

function cancel(context: Context): HttpAnswer {
  const record = storedResponse(context, context.params['response']);
  if (!record.response.background) {
    throw new HttpError(400, 'Cannot cancel a synchronous response.', { type: 'invalid_request_error' });
  }
  if (isOpen(record)) {
    record.response.status = 'cancelled';
    record.future = [].values();
  }
  return json(record.response);
}

function remove(context: Context): HttpAnswer {
  const { id } = storedResponse(context, context.params['response']).response;
  context.state.responses.delete(id);
  return json({ id, object: 'response', deleted: true });
}

function listInput(context: Context): HttpAnswer {
  const { input, response } = storedResponse(context, context.params['response']);
  const { previous_response_id } = response;
  return json(page([...earlierItems(context, { previous_response_id }), ...input], context.request.query));
}

/** The user's messages stay, the rest becomes one opaque item. */
function compact(context: Context): HttpAnswer {
  const body = bodyOf<ResponseBody>(context);
  const model = requiredModel(body.model);
  const items = [...earlierItems(context, body), ...inputItems(body.input, context.newId)];
  const counts = countUsage(responseTurn(model, body, items), { text: 'A summary of the conversation.' });
  const encrypted_content = Buffer.from(JSON.stringify(items.map(({ id }) => id))).toString('base64');
  return json({
    id: context.newId('resp_'),
    object: 'response.compaction',
    created_at: context.seconds(),
    output: [
      ...items.filter((item) => item.type === 'message' && item['role'] === 'user'),
      { id: context.newId('cmp_'), type: 'compaction', encrypted_content },
    ],
    usage: counts && responseUsage(counts),
  });
}

function countInput(context: Context): HttpAnswer {
  const body = bodyOf<ResponseBody>(context);
  const items = [...earlierItems(context, body), ...inputItems(body.input, context.newId)];
  const turn = responseTurn(requiredModel(body.model), body, items);
  return json({ object: 'response.input_tokens', input_tokens: inputTokens(turn) });
}
