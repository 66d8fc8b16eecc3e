import type { NewId } from './ids.ts';
import { argumentPieces, textPieces } from './pieces.ts';
import type { Item } from './responses-wire.ts';
import { settledCalls } from './tool-calls.ts';
import { isObject, textOf } from './turn.ts';
import type { BuiltInCall, JsonObject, ModelReply, TurnMessage } from './types.ts';

/** The output of a response, in the API's order: reasoning, built-in tools, raw items, the message, the caller's tools. */
export function outputItems(reply: ModelReply, newId: NewId): Item[] {
  const { reasoning, refusal, text } = reply;
  const content = [
    ...(text === undefined ? [] : [{ type: 'output_text', text, annotations: reply.annotations ?? [], logprobs: [] }]),
    ...(refusal === undefined ? [] : [{ type: 'refusal', refusal }]),
  ];
  const summary = [{ type: 'summary_text', text: reasoning ?? '' }];
  const status = reply.end?.status === 'incomplete' ? 'incomplete' : 'completed';
  return [
    ...(reasoning === undefined ? [] : [{ id: newId('rs_'), type: 'reasoning', summary }]),
    ...(reply.builtIns ?? []).map((call) => builtInItem(call, newId)),
    ...(reply.items ?? []).map((item) => withId(item, newId)),
    ...(content.length === 0 ? [] : [{ id: newId('msg_'), type: 'message', status, content, role: 'assistant' }]),
    ...settledCalls(reply, newId).map(({ id, name, arguments: input }) => ({
      id: newId('fc_'),
      type: 'function_call',
      status: 'completed',
      arguments: input,
      call_id: id,
      name,
    })),
  ];
}

const PREFIX: Readonly<Record<string, string>> = {
  message: 'msg_',
  reasoning: 'rs_',
  function_call: 'fc_',
  function_call_output: 'fco_',
  web_search_call: 'ws_',
  file_search_call: 'fs_',
  code_interpreter_call: 'ci_',
  image_generation_call: 'ig_',
  mcp_call: 'mcp_',
  mcp_list_tools: 'mcpl_',
  compaction: 'cmp_',
};

function withId(item: JsonObject, newId: NewId): Item {
  const type = typeof item['type'] === 'string' ? item['type'] : 'message';
  const id = typeof item['id'] === 'string' ? item['id'] : newId(PREFIX[type] ?? 'item_');
  return { ...item, type, id };
}

function builtInItem(call: BuiltInCall, newId: NewId): Item {
  const status = 'completed';
  switch (call.type) {
    case 'web_search':
      return { id: newId('ws_'), type: 'web_search_call', status, action: { type: 'search', query: call.query } };
    case 'file_search': {
      const results = call.results?.map(({ fileId, fileName, score, text }) => ({
        attributes: {},
        file_id: fileId,
        filename: fileName,
        score,
        text,
      }));
      return { id: newId('fs_'), type: 'file_search_call', status, queries: call.queries, results: results ?? null };
    }
    case 'code_interpreter': {
      const outputs = call.logs === undefined ? null : [{ type: 'logs', logs: call.logs }];
      return {
        id: newId('ci_'),
        type: 'code_interpreter_call',
        status,
        code: call.code,
        container_id: newId('cntr_'),
        outputs,
      };
    }
    case 'mcp':
      return {
        id: newId('mcp_'),
        type: 'mcp_call',
        status: call.error === undefined ? status : 'failed',
        approval_request_id: null,
        arguments: JSON.stringify(call.arguments ?? {}),
        error: call.error ?? null,
        name: call.name,
        output: call.output ?? null,
        server_label: call.server,
      };
  }
}

/** What the caller sent in, as the API stores it: every item typed, with an id, texts as parts. */
export function inputItems(input: unknown, newId: NewId): Item[] {
  if (typeof input === 'string') return [withId(stored({ role: 'user', content: input }), newId)];
  return Array.isArray(input) ? input.filter(isObject).map((item) => withId(stored(item), newId)) : [];
}

function stored(item: JsonObject): JsonObject {
  const { type, role, content } = item;
  if (type !== undefined && type !== 'message') return item;
  const kind = role === 'assistant' ? 'output_text' : 'input_text';
  const parts = typeof content === 'string' ? [{ type: kind, text: content }] : content;
  return { ...item, type: 'message', status: 'completed', content: parts };
}

/** An item as the model reads it. */
export function itemMessage(item: Item): TurnMessage[] {
  const textIn = (field: string): string => (typeof item[field] === 'string' ? item[field] : textOf(item[field]));
  switch (item.type) {
    case 'message':
      return [{ role: textIn('role'), text: textOf(item['content']) }];
    case 'function_call':
    case 'custom_tool_call': {
      const input = item.type === 'function_call' ? textIn('arguments') : textIn('input');
      return [
        { role: 'assistant', text: '', toolCalls: [{ id: textIn('call_id'), name: textIn('name'), arguments: input }] },
      ];
    }
    case 'function_call_output':
    case 'custom_tool_call_output':
      return [{ role: 'tool', text: textIn('output'), toolCallId: textIn('call_id') }];
    default:
      return [];
  }
}

/** One event of an item, without what all of them share (`item_id`, `output_index`). */
export interface ItemEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** The item as it looks when it is announced. */
export function announced(item: Item): Item {
  const bare: Record<string, JsonObject> = {
    message: { status: 'in_progress', content: [] },
    reasoning: { summary: [] },
    function_call: { status: 'in_progress', arguments: '' },
    custom_tool_call: { status: 'in_progress', input: '' },
    file_search_call: { status: 'in_progress', queries: [], results: null },
    code_interpreter_call: { status: 'in_progress', code: '', outputs: [] },
    mcp_call: { status: 'in_progress', arguments: '', output: null },
    mcp_list_tools: { tools: [] },
  };
  const { action, ...rest } = item;
  const known = bare[item.type] ?? ('status' in item ? { status: 'in_progress' } : {});
  // The action of a web search is known only when it is done.
  return {
    ...(item.type === 'web_search_call' ? rest : { ...rest, ...(action !== undefined && { action }) }),
    ...known,
  };
}

/** What a stream says of an item between its announcement and its end. */
export function itemEvents(item: Item, reply: ModelReply): ItemEvent[] {
  const call = (phase: string): ItemEvent => ({ type: `response.${item.type}.${phase}` });
  const text = (field: string): string => (typeof item[field] === 'string' ? item[field] : '');
  switch (item.type) {
    case 'message':
      return parts(item, 'content').flatMap((part, index) => contentEvents(part, index, reply));
    case 'reasoning':
      return parts(item, 'summary').flatMap(summaryEvents);
    case 'function_call':
      return spelled('response.function_call_arguments', 'arguments', text('arguments'), { name: text('name') });
    case 'custom_tool_call':
      return spelled('response.custom_tool_call_input', 'input', text('input'));
    case 'web_search_call':
    case 'file_search_call':
      return [call('in_progress'), call('searching'), call('completed')];
    case 'image_generation_call':
      return [call('in_progress'), call('generating'), call('completed')];
    case 'code_interpreter_call':
      return [
        call('in_progress'),
        ...spelled('response.code_interpreter_call_code', 'code', text('code')),
        call('interpreting'),
        call('completed'),
      ];
    case 'mcp_call':
      return [
        call('in_progress'),
        ...spelled('response.mcp_call_arguments', 'arguments', text('arguments')),
        call(item['status'] === 'failed' ? 'failed' : 'completed'),
      ];
    case 'mcp_list_tools':
      return [call('in_progress'), call('completed')];
    default:
      return [];
  }
}

const parts = (item: Item, field: string): JsonObject[] =>
  Array.isArray(item[field]) ? item[field].filter(isObject) : [];

/** Deltas of a text, then the whole of it. */
const spelled = (type: string, field: string, text: string, last: object = {}): ItemEvent[] => [
  ...argumentPieces(text).map((delta) => ({ type: `${type}.delta`, delta })),
  { type: `${type}.done`, [field]: text, ...last },
];

function contentEvents(part: JsonObject, index: number, reply: ModelReply): ItemEvent[] {
  const at = { content_index: index };
  const isText = part['type'] === 'output_text';
  const field = isText ? 'text' : 'refusal';
  const type = isText ? 'response.output_text' : 'response.refusal';
  const text = typeof part[field] === 'string' ? part[field] : '';
  const annotations = Array.isArray(part['annotations']) ? part['annotations'] : [];
  const logprobs = isText ? { logprobs: [] } : {};
  return [
    { type: 'response.content_part.added', ...at, part: { ...part, [field]: '', ...(isText && { annotations: [] }) } },
    ...textPieces(text, isText ? reply : {}).map((delta) => ({ type: `${type}.delta`, ...at, delta, ...logprobs })),
    ...annotations.map((annotation, annotation_index) => ({
      type: `${type}.annotation.added`,
      ...at,
      annotation_index,
      annotation,
    })),
    { type: `${type}.done`, ...at, [field]: text, ...logprobs },
    { type: 'response.content_part.done', ...at, part },
  ];
}

function summaryEvents(part: JsonObject, index: number): ItemEvent[] {
  const at = { summary_index: index };
  const text = typeof part['text'] === 'string' ? part['text'] : '';
  return [
    { type: 'response.reasoning_summary_part.added', ...at, part: { type: 'summary_text', text: '' } },
    ...textPieces(text, {}).map((delta) => ({ type: 'response.reasoning_summary_text.delta', ...at, delta })),
    { type: 'response.reasoning_summary_text.done', ...at, text },
    { type: 'response.reasoning_summary_part.done', ...at, part },
  ];
}
