import type OpenAI from 'openai';
import { type Scripted, type ScriptedServer, scriptedServer } from './scripted-server.ts';

type Body = Readonly<Record<string, unknown>>;
type Named = { readonly role?: string; readonly type?: string; readonly content?: unknown };

/** How a server names the calls of one answer: each first one is the same in every conversation. */
export const idSchemes = {
  'functions.get_weather:0': (index: number) => `functions.get_weather:${index}`,
  call_0: (index: number) => `call_${index}`,
} as const;

/**
 * A model behind a server whose ids repeat. A user who names a city gets a call of `get_weather` for it, one who names it
 * twice gets two equal ones, and results of tools get "done".
 */
export async function repeatingModel(
  idOf: (index: number) => string,
  newResponseId: () => string = () => 'resp_1',
): Promise<ScriptedServer> {
  return scriptedServer((body, path) =>
    path.endsWith('/responses') ? responseTo(body, idOf, newResponseId()) : completionTo(body, idOf),
  );
}

function cities(text: unknown): readonly string[] {
  return String(text).match(/Paris|Rome/g) ?? [];
}

function completionTo(body: Body, idOf: (index: number) => string): Scripted {
  const last = (body['messages'] as Named[]).at(-1);
  const calls = (last?.role === 'user' ? cities(last.content) : []).map((city, index) => ({
    index,
    id: idOf(index),
    type: 'function',
    function: { name: 'get_weather', arguments: JSON.stringify({ city }) },
  }));
  const message = {
    role: 'assistant',
    content: calls.length > 0 ? null : 'done',
    ...(calls.length > 0 && { tool_calls: calls }),
  };
  const head = { id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'm' };
  const finish_reason = calls.length > 0 ? 'tool_calls' : 'stop';
  if (body['stream'] !== true) return { json: { ...head, choices: [{ index: 0, message, finish_reason }] } };
  const chunk = { ...head, object: 'chat.completion.chunk' };
  return {
    events: [
      { ...chunk, choices: [{ index: 0, delta: message, finish_reason: null }] },
      { ...chunk, choices: [{ index: 0, delta: {}, finish_reason }] },
    ],
  };
}

function responseTo(body: Body, idOf: (index: number) => string, id: string): Scripted {
  const { input } = body;
  const last = Array.isArray(input) ? (input as Named[]).at(-1) : { role: 'user', content: input };
  const calls = (last?.role === 'user' ? cities(last.content) : []).map((city, index) => ({
    type: 'function_call',
    id: `fc_${index}`,
    call_id: idOf(index),
    name: 'get_weather',
    arguments: JSON.stringify({ city }),
    status: 'completed',
  }));
  const text = {
    type: 'message',
    id: 'msg_1',
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: 'done', annotations: [] }],
  };
  const output = calls.length > 0 ? calls : [text];
  const response = { id, object: 'response', created_at: 1, model: 'm', status: 'completed', output };
  if (body['stream'] !== true) return { json: response };
  return {
    events: [
      { type: 'response.created', response: { ...response, status: 'in_progress', output: [] } },
      ...output.flatMap((item, output_index) => [
        { type: 'response.output_item.added', output_index, item },
        { type: 'response.output_item.done', output_index, item },
      ]),
      { type: 'response.completed', response },
    ],
  };
}

const weather = { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } };

export type Interface = 'chat' | 'streamed chat' | 'responses' | 'streamed responses' | 'responses by id';
export const interfaces: readonly Interface[] = [
  'chat',
  'streamed chat',
  'responses',
  'streamed responses',
  'responses by id',
];

export interface Talk {
  readonly api: Interface;
  /** What the user says, in turn. */
  readonly texts: readonly string[];
  /** What the tool returns. */
  readonly result: string;
  /** Runs the tool; without it the application just answers. */
  readonly tool?: (args: { city: string }) => string;
}

/** A conversation, a request at a time. */
export async function* converse(client: OpenAI, talk: Talk): AsyncGenerator<void> {
  yield* talk.api.includes('chat') ? chat(client, talk) : respond(client, talk);
}

async function* chat(client: OpenAI, { api, texts, result, tool }: Talk): AsyncGenerator<void> {
  const tools = [{ type: 'function' as const, function: weather }];
  const messages: OpenAI.ChatCompletionMessageParam[] = [];
  const ask = async (): Promise<OpenAI.ChatCompletionMessage> => {
    const request = { model: 'm', messages, tools };
    const answer =
      api === 'chat'
        ? await client.chat.completions.create(request)
        : await client.chat.completions.stream(request).finalChatCompletion();
    const message = answer.choices[0]?.message;
    if (!message) throw new Error('no answer');
    messages.push(message);
    return message;
  };
  for (const content of texts) {
    messages.push({ role: 'user', content });
    const { tool_calls: calls = [] } = await ask();
    yield;
    if (calls.length === 0) continue;
    for (const call of calls) {
      const args = 'function' in call ? (JSON.parse(call.function.arguments) as { city: string }) : { city: '' };
      messages.push({ role: 'tool', tool_call_id: call.id, content: tool?.(args) ?? result });
    }
    await ask();
    yield;
  }
}

async function* respond(client: OpenAI, { api, texts, result, tool }: Talk): AsyncGenerator<void> {
  const tools = [{ type: 'function' as const, ...weather, strict: false }];
  let input: OpenAI.Responses.ResponseInputItem[] = [];
  let previous: string | undefined;
  const ask = async (): Promise<readonly OpenAI.Responses.ResponseOutputItem[]> => {
    const request = {
      model: 'm',
      input,
      tools,
      ...(api === 'responses by id' && previous !== undefined && { previous_response_id: previous }),
    };
    const answer =
      api === 'streamed responses'
        ? await client.responses.stream(request).finalResponse()
        : await client.responses.create(request);
    previous = answer.id;
    input = api === 'responses by id' ? [] : [...input, ...answer.output.map(withoutParsed)];
    return answer.output;
  };
  for (const content of texts) {
    input.push({ role: 'user', content });
    const calls = (await ask()).filter((item) => item.type === 'function_call');
    yield;
    if (calls.length === 0) continue;
    for (const call of calls) {
      const output = tool?.(JSON.parse(call.arguments) as { city: string }) ?? result;
      input.push({ type: 'function_call_output', call_id: call.call_id, output });
    }
    await ask();
    yield;
  }
}

/** The helper for streams adds fields that are not sent back. */
function withoutParsed(item: OpenAI.Responses.ResponseOutputItem): OpenAI.Responses.ResponseInputItem {
  const { parsed_arguments: _, ...sent } = item as unknown as Record<string, unknown>;
  return sent as unknown as OpenAI.Responses.ResponseInputItem;
}
