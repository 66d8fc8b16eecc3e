import { DONE, frame, type HttpAnswer, HttpError, json, rawAnswer, stream } from './answer.ts';
import type { ChatMessage, Completion, Head, StoredCompletion } from './chat-wire.ts';
import { bodyOf, type Context, isRaw, type Route, singleReply } from './context.ts';
import { answeringModel, requiredModel } from './models.ts';
import { page, stored } from './paging.ts';
import { argumentPieces, textPieces } from './pieces.ts';
import { turnFrom } from './script.ts';
import { chatUsage, countUsage } from './tokens.ts';
import { type SettledCall, settledCalls } from './tool-calls.ts';
import { isObject, offeredFunctions, schemaOf, textOf, toolChoiceOf } from './turn.ts';
import type { ModelReply, ModelTurn, TurnMessage } from './types.ts';

/** `POST /chat/completions` and the stored completions. */
export const chatRoutes: readonly Route[] = [
  { method: 'POST', path: '/chat/completions', handle: create },
  { method: 'GET', path: '/chat/completions', handle: list },
  { method: 'GET', path: '/chat/completions/:completion', handle: (context) => json(storedOf(context).completion) },
  { method: 'POST', path: '/chat/completions/:completion', handle: update },
  { method: 'DELETE', path: '/chat/completions/:completion', handle: remove },
  { method: 'GET', path: '/chat/completions/:completion/messages', handle: listMessages },
];

interface ChatBody {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly stream: boolean;
  readonly stream_options: { readonly include_usage?: boolean } | null;
  readonly n: number | null;
  readonly tools: unknown;
  readonly tool_choice: unknown;
  /** The forerunner of tools, which openai 4 still has helpers for. */
  readonly functions: unknown;
  readonly function_call: unknown;
  readonly parallel_tool_calls: boolean;
  readonly response_format: unknown;
  readonly max_tokens: number | null;
  readonly max_completion_tokens: number | null;
  readonly service_tier: string | null;
  readonly store: boolean | null;
  readonly metadata: Readonly<Record<string, string>> | null;
}

interface Choice {
  readonly index: number;
  readonly reply: ModelReply;
  readonly calls: readonly SettledCall[];
  /** Answers in the old `function_call` form. */
  readonly legacy: boolean;
  readonly finishReason: string;
}

async function create(context: Context): Promise<HttpAnswer> {
  const body = bodyOf<ChatBody>(context);
  const model = requiredModel(body.model);
  if (!Array.isArray(body.messages)) {
    throw new HttpError(400, "Missing required parameter: 'messages'.", {
      param: 'messages',
      code: 'missing_required_parameter',
    });
  }
  const turn = chatTurn(model, body);
  const answered = await context.ask(turn);
  if (isRaw(answered)) return rawAnswer(answered);
  const reply = singleReply(answered);
  const head: Head = {
    id: context.newId('chatcmpl-'),
    created: context.seconds(),
    model: reply.model ?? answeringModel(model),
    service_tier:
      reply.serviceTier ?? (body.service_tier === 'auto' || !body.service_tier ? 'default' : body.service_tier),
    system_fingerprint: reply.systemFingerprint ?? 'fp_fake0000',
  };
  const choices = choicesFrom(context, body, reply);
  const counts = countUsage(turn, repeated(reply, choices.length));
  const usage = counts && chatUsage(counts);
  if (body.store) store(context, body, head, choices, usage);
  if (!body.stream) return json({ ...completionFrom(head, choices, usage), ...(context.azure && promptFilter) });
  return stream(chunks(head, choices, body.stream_options?.include_usage ? { usage } : {}, context.azure));
}

function chatTurn(model: string, body: Partial<ChatBody>): Omit<ModelTurn, 'request'> {
  const schema = schemaOf(body.response_format);
  const maxOutputTokens = body.max_completion_tokens ?? body.max_tokens ?? undefined;
  return turnFrom({
    api: 'chat',
    model,
    messages: (body.messages ?? []).map(turnMessage),
    tools: offeredFunctions(body.tools ?? body.functions),
    toolChoice: toolChoiceOf(body.tool_choice ?? body.function_call),
    parallelToolCalls: body.parallel_tool_calls !== false && body.functions === undefined,
    ...(schema && { schema }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
  });
}

function turnMessage(message: ChatMessage): TurnMessage {
  const called = message.tool_calls?.map((call) => ({ id: call.id ?? '', ...call.function })) ?? [];
  const legacy = message.function_call ? [{ id: message.function_call.name ?? '', ...message.function_call }] : [];
  const toolCalls = [...called, ...legacy].map((call) => ({
    id: call.id,
    name: call.name ?? '',
    arguments: call.arguments ?? '',
  }));
  const toolCallId = message.tool_call_id ?? (message.role === 'function' ? message.name : undefined);
  return {
    role: message.role ?? 'user',
    text: textOf(message.content),
    ...(toolCalls.length > 0 && { toolCalls }),
    ...(toolCallId !== undefined && { toolCallId }),
  };
}

function choicesFrom(context: Context, body: Partial<ChatBody>, reply: ModelReply): Choice[] {
  const legacy = body.tools === undefined && body.functions !== undefined;
  return Array.from({ length: body.n ?? 1 }, (_, index) => {
    const own = reply.choices?.[index] ?? reply;
    const calls = settledCalls(own, context.newId);
    return { index, reply: own, calls, legacy, finishReason: finishReason(own, calls, legacy) };
  });
}

/** `n` choices cost `n` outputs. */
const repeated = (reply: ModelReply, n: number): ModelReply =>
  n > 1 && !reply.choices ? { ...reply, choices: Array.from({ length: n - 1 }, () => reply) } : reply;

function finishReason({ end }: ModelReply, calls: readonly SettledCall[], legacy: boolean): string {
  if (end?.status === 'incomplete') return end.reason === 'content_filter' ? 'content_filter' : 'length';
  if (calls.length > 0) return legacy ? 'function_call' : 'tool_calls';
  return 'stop';
}

const completionFrom = (head: Head, choices: readonly Choice[], usage: object | undefined): Completion => ({
  ...head,
  object: 'chat.completion',
  choices: choices.map((choice) => ({
    index: choice.index,
    message: messageFrom(choice),
    logprobs: null,
    finish_reason: choice.finishReason,
  })),
  ...(usage && { usage }),
});

function messageFrom({ reply, calls, legacy }: Choice): object {
  const tools = calls.map(({ id, ...call }) => ({ id, type: 'function', function: call }));
  return {
    role: 'assistant',
    content: reply.text ?? null,
    ...(reply.reasoning !== undefined && { reasoning_content: reply.reasoning }),
    ...(tools.length > 0 && (legacy ? { function_call: tools[0]?.function } : { tool_calls: tools })),
    refusal: reply.refusal ?? null,
    annotations: reply.annotations ?? [],
  };
}

const azureFilter = { content_filter_results: {} };
/** Azure says first what its filter thinks of the prompt. */
const promptFilter = { prompt_filter_results: [{ prompt_index: 0, ...azureFilter }] };

/** `usage` is there when the caller requested it: `null` on every chunk, and its own chunk without choices at the end. */
function* chunks(
  head: Head,
  choices: readonly Choice[],
  requested: { readonly usage?: object | undefined },
  azure: boolean,
): Generator<string> {
  const usage = 'usage' in requested ? { usage: null } : {};
  const chunk = (choice: object): string =>
    frame({ ...head, object: 'chat.completion.chunk', choices: [choice], ...usage });
  if (azure) yield frame({ id: '', object: '', created: 0, model: '', choices: [], ...promptFilter });
  const deltas = choices.map((choice) => ({ index: choice.index, all: deltasOf(choice) }));
  const longest = Math.max(...deltas.map(({ all }) => all.length));
  for (let at = 0; at < longest; at += 1) {
    for (const { index, all } of deltas) {
      const delta = all[at];
      if (delta) yield chunk({ index, delta, logprobs: null, finish_reason: null, ...(azure && azureFilter) });
    }
  }
  for (const { index, finishReason: reason } of choices) {
    yield chunk({ index, delta: {}, logprobs: null, finish_reason: reason });
  }
  if (requested.usage) yield frame({ ...head, object: 'chat.completion.chunk', choices: [], usage: requested.usage });
  yield DONE;
}

function deltasOf({ reply, calls, legacy }: Choice): object[] {
  const content = reply.text === undefined ? null : '';
  return [
    { role: 'assistant', content, refusal: null },
    ...textPieces(reply.reasoning ?? '', {}).map((piece) => ({ reasoning_content: piece })),
    ...textPieces(reply.text ?? '', reply).map((piece) => ({ content: piece })),
    ...textPieces(reply.refusal ?? '', {}).map((piece) => ({ refusal: piece })),
    ...(legacy ? calls.slice(0, 1).flatMap(legacyDeltas) : calls.flatMap(callDeltas)),
  ];
}

const callDeltas = ({ id, name, arguments: given }: SettledCall, index: number): object[] => [
  { tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] },
  ...argumentPieces(given).map((piece) => ({ tool_calls: [{ index, function: { arguments: piece } }] })),
];

const legacyDeltas = ({ name, arguments: given }: SettledCall): object[] => [
  { function_call: { name, arguments: '' } },
  ...argumentPieces(given).map((piece) => ({ function_call: { arguments: piece } })),
];

function store(
  { state }: Context,
  body: Partial<ChatBody>,
  head: Head,
  choices: readonly Choice[],
  usage: object | undefined,
): void {
  const completion = { ...completionFrom(head, choices, usage), metadata: body.metadata ?? {} };
  state.completions.set(head.id, { id: head.id, completion, input: body.messages ?? [] });
}

const storedOf = ({ state, params }: Context): StoredCompletion =>
  stored(state.completions, params['completion'], 'chat completion');

function list({ state, request }: Context): HttpAnswer {
  const wanted = [...state.completions.values()].filter(({ completion }) => {
    const { model } = request.query;
    return model === undefined || completion.model === model || completion.model === answeringModel(model);
  });
  return json(
    page(
      wanted.map(({ completion }) => completion),
      request.query,
      'asc',
    ),
  );
}

function update(context: Context): HttpAnswer {
  const found = storedOf(context);
  const completion = { ...found.completion, metadata: bodyOf<ChatBody>(context).metadata ?? {} };
  context.state.completions.set(found.id, { ...found, completion });
  return json(completion);
}

function remove(context: Context): HttpAnswer {
  const { id } = storedOf(context);
  context.state.completions.delete(id);
  return json({ object: 'chat.completion.deleted', id, deleted: true });
}

/** The input messages, each with an id made of the completion's. */
function listMessages(context: Context): HttpAnswer {
  const { id, input } = storedOf(context);
  const messages = input.map((message, index) => ({
    id: `${id}-${index}`,
    role: message.role ?? 'user',
    content: isObject(message.content) ? null : textOf(message.content),
    content_parts: Array.isArray(message.content) ? message.content : null,
    ...(message.name !== undefined && { name: message.name }),
  }));
  return json(page(messages, context.request.query, 'asc'));
}
