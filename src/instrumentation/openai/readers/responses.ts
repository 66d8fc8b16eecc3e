import { costFromOpenAI, usageFromOpenAI } from '../../../formats/openai/completion.ts';
import { contentParts } from '../../../formats/openai/messages.ts';
import { isPendingStatus } from '../../../interaction/background-response.ts';
import type { Content, Facts, ToolExecution } from '../../../interaction/interaction.ts';
import type { Message, Part, TextPart, ToolCallPart } from '../../../interaction/message.ts';
import { TextMessage } from '../../../interaction/text-message.ts';
import type { RecordedError } from '../../errors.ts';
import type { ToolHistory } from '../../tool-history.ts';
import { readErrorAnswer } from './error-answer.ts';
import { SentMessage } from './message-snapshot.ts';
import { fieldOf, type RequestBody } from './parameters.ts';

type Item = Readonly<Record<string, unknown>>;

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const isItem = (value: unknown): value is Item => typeof value === 'object' && value !== null;

/** The conversation that a Responses request continues, and its stored prompt. */
export function readResponseRequest(body: RequestBody): Facts {
  const conversationId = conversationIdOf(body['conversation']);
  const previousResponseId = text(body['previous_response_id']);
  const promptName = text(fieldOf(body['prompt'], 'id'));
  const promptVersion = text(fieldOf(body['prompt'], 'version'));
  return {
    api: 'responses',
    ...(conversationId !== undefined && { conversationId }),
    ...(previousResponseId !== undefined && { previousResponseId }),
    ...(promptName !== undefined && { promptName }),
    ...(promptVersion !== undefined && { promptVersion }),
  };
}

function conversationIdOf(conversation: unknown): string | undefined {
  return text(conversation) ?? text(fieldOf(conversation, 'id'));
}

/** `instructions` are a text, or items in the format of the input. */
export function readInstructions(instructions: unknown): readonly TextPart[] {
  if (typeof instructions === 'string') return instructions === '' ? [] : [{ type: 'text', content: instructions }];
  return readInput(instructions).flatMap(({ parts }) => parts.filter((part) => part.type === 'text'));
}

/** `input` is a user's text, or items. */
export function readInput(input: unknown): readonly Message[] {
  if (typeof input === 'string') return [{ role: 'user', parts: [{ type: 'text', content: input }] }];
  return list(input).filter(isItem).map(readInputItem);
}

function readInputItem(item: Item): Message {
  if (item instanceof TextMessage) return item;
  return item instanceof SentMessage ? item.read(readSentItem) : readSentItem(item);
}

function readSentItem(sent: object): Message {
  const item = sent as Item;
  const parts = partsOf(item);
  const type = item['type'];
  if (type === undefined || type === 'message') {
    const id = text(item['id']);
    return { role: text(item['role']) ?? 'user', parts, ...(id !== undefined && { id }) };
  }
  const isAnswer = parts.some((part) => part.type === 'tool_call_response');
  return { role: isAnswer ? 'tool' : 'assistant', parts };
}

/** Undefined for requests that neither answer a tool call nor offer a tool. */
export function readToolHistory({
  input,
  tools,
  prompt,
  conversation,
  previous_response_id: previous,
}: RequestBody): ToolHistory | undefined {
  const hasAnswers = list(input).some((item) => String(fieldOf(item, 'type')).endsWith('_output'));
  // A stored prompt may offer further tools.
  if (!hasAnswers && !Array.isArray(tools) && prompt === undefined) return undefined;
  const copy = Array.isArray(input) ? [...(input as unknown[])] : input;
  const names = historyNames(text(previous), conversationIdOf(conversation));
  return { hasAnswers, read: () => readInput(copy), base: names.join(' '), names };
}

/** Names under which the server stores the history that ends with this response. */
export function readHistoryNames(response: unknown): readonly string[] {
  return historyNames(text(fieldOf(response, 'id')), conversationIdOf(fieldOf(response, 'conversation')));
}

function historyNames(responseId: string | undefined, conversationId: string | undefined): readonly string[] {
  return [
    ...(responseId === undefined ? [] : [`response ${responseId}`]),
    ...(conversationId === undefined ? [] : [`conversation ${conversationId}`]),
  ];
}

/** Item types of the calls that the application has to run. */
const clientTools: ReadonlySet<string> = new Set([
  'function_call',
  'custom_tool_call',
  'local_shell_call',
  'shell_call',
  'apply_patch_call',
  'computer_call',
  'mcp_approval_request',
]);

/** The parts of an item. A response is one message, whose parts come from its items. */
function partsOf(item: Item): Part[] {
  const type = text(item['type']) ?? 'message';
  if (type === 'message') return contentParts(item['content']);
  if (type === 'reasoning') return readReasoning(item);
  if (type === 'compaction') {
    const id = text(item['id']);
    return [{ type: 'compaction', ...(id !== undefined && { id }) }];
  }
  if (type === 'item_reference') return [];
  if (type.endsWith('_output')) return [readAnswer(item)];
  if (clientTools.has(type)) return [readClientCall(item, type)];
  return readServerCall(item, type);
}

/** Encrypted reasoning is left out. */
function readReasoning({ summary, content }: Item): Part[] {
  return [...list(summary), ...list(content)].flatMap((piece) => {
    const content = text(fieldOf(piece, 'text'));
    return content === undefined ? [] : [{ type: 'reasoning' as const, content }];
  });
}

function readAnswer(item: Item): Part {
  const id = text(item['call_id']) ?? text(item['id']);
  return {
    type: 'tool_call_response',
    ...(id !== undefined && { id }),
    response: item['output'] ?? item['outcome'] ?? null,
  };
}

function readClientCall(item: Item, type: string): ToolCallPart {
  const id = text(item['call_id']) ?? text(item['id']);
  const args = item['arguments'] ?? item['input'] ?? item['action'] ?? item['operation'];
  return {
    type: 'tool_call',
    ...(id !== undefined && { id }),
    name: text(item['name']) ?? toolNameOf(type),
    ...(args !== undefined && { arguments: typeof args === 'string' ? parsed(args) : args }),
  };
}

function toolNameOf(type: string): string {
  return type.replace(/_call$/, '');
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}

/** Fields that contain the outcome of a tool that the provider ran. */
const outcomes: ReadonlySet<string> = new Set(['results', 'outputs', 'output', 'result', 'error', 'tools']);
const bookkeeping: ReadonlySet<string> = new Set(['type', 'id', 'status', 'name', 'created_by', ...outcomes]);

function readServerCall(item: Item, type: string): Part[] {
  const id = text(item['id']);
  const name = text(item['name']) ?? toolNameOf(type);
  const identity = id === undefined ? {} : { id };
  const input = Object.fromEntries(Object.entries(item).filter(([key]) => !bookkeeping.has(key)));
  if (typeof input['arguments'] === 'string') input['arguments'] = parsed(input['arguments']);
  const outcome = Object.fromEntries(Object.entries(item).filter(([key, value]) => outcomes.has(key) && value != null));
  const call: Part = {
    type: 'server_tool_call',
    ...identity,
    name,
    server_tool_call: { type: toolNameOf(type), ...input },
  };
  if (typeof outcome['result'] === 'string' && type === 'image_generation_call') {
    return [call, { type: 'blob', modality: 'image', mime_type: 'image/png', content: outcome['result'] }];
  }
  if (Object.keys(outcome).length === 0) return [call];
  return [
    call,
    {
      type: 'server_tool_call_response',
      ...identity,
      server_tool_call_response: { type: toolNameOf(type), ...outcome },
    },
  ];
}

/** The facts of a response, without its content. */
export function readResponse(response: unknown): Facts {
  if (!isItem(response)) return {};
  const id = text(response['id']);
  const model = text(response['model']);
  const status = text(response['status']);
  const conversationId = conversationIdOf(response['conversation']);
  const usage = usageFromOpenAI(response['usage']);
  const cost = costFromOpenAI(response['usage']);
  const tier = text(response['service_tier']);
  const reason = finishReasonOf(response);
  return {
    ...(id !== undefined && { responseId: id }),
    ...(model !== undefined && { responseModel: model }),
    ...(conversationId !== undefined && { conversationId }),
    ...(usage && { usage }),
    ...(cost && { cost }),
    ...(tier !== undefined && { serviceTier: { response: tier } }),
    // Otherwise the span contains the same information.
    ...(status !== undefined &&
      (isPendingStatus(status) || response['background'] === true) && { responseStatus: status }),
    ...(reason !== undefined && { finishReasons: [reason] }),
  };
}

function finishReasonOf(response: Item): string | undefined {
  if (list(response['output']).some((item) => isClientCall(item))) return 'tool_call';
  switch (response['status']) {
    case 'completed':
      return 'stop';
    case 'incomplete': {
      const reason = text(fieldOf(response['incomplete_details'], 'reason'));
      return reason === 'max_output_tokens' ? 'length' : (reason ?? 'length');
    }
    case 'failed':
    case 'cancelled':
      return 'error';
    default:
      // Compatible servers leave the status out, or send an empty one.
      return !response['status'] && outputOf(response).length > 0 ? 'stop' : undefined;
  }
}

function isClientCall(item: unknown): boolean {
  const type = fieldOf(item, 'type');
  return type === 'function_call' || type === 'custom_tool_call';
}

/** The content of a response: one message with the parts of all items. */
export function readOutput(response: unknown): Content {
  if (!isItem(response)) return {};
  const items = outputOf(response);
  // A response under way has no output yet: a later `retrieve` has it.
  const isUnderWay = response['status'] === 'queued' || response['status'] === 'in_progress';
  if (items.length === 0 || isUnderWay) return {};
  const reason = finishReasonOf(response);
  const id = items.map((item) => (item['type'] === 'message' ? text(item['id']) : undefined)).find(Boolean);
  return {
    outputMessages: [
      {
        role: 'assistant',
        parts: items.flatMap(partsOf),
        ...(id !== undefined && { id }),
        ...(reason !== undefined && { finish_reason: reason }),
      },
    ],
  };
}

/** The items of a response. Some compatible servers only send the text, in the field that the SDK would fill. */
function outputOf(response: Item): readonly Item[] {
  const { output, output_text: outputText } = response;
  if (typeof output === 'string') return textItems(text(output));
  const items = list(output).filter(isItem);
  return items.length > 0 ? items : textItems(text(outputText));
}

function textItems(content: string | undefined): readonly Item[] {
  return content === undefined ? [] : [{ type: 'message', content: [{ type: 'output_text', text: content }] }];
}

/** The error of a response with status `failed`, or of an answer that consists of an error. */
export function readFailure(response: unknown): RecordedError | undefined {
  if (fieldOf(response, 'status') !== 'failed') return readErrorAnswer(response);
  const error = fieldOf(response, 'error');
  const message = text(fieldOf(error, 'message')) ?? text(error);
  return { type: text(fieldOf(error, 'code')) ?? '_OTHER', ...(message !== undefined && { message }) };
}

/** The function calls that a response requests from the application. */
export function readFunctionCalls(response: unknown): readonly ToolCallPart[] {
  return list(fieldOf(response, 'output'))
    .filter(isItem)
    .flatMap((item) => (isClientCall(item) ? [readClientCall(item, String(item['type']))] : []));
}

const datastores: ReadonlySet<string> = new Set(['file_search']);

/** Tools that the provider ran while it answered, with their input and outcome. */
export function readServerTools(response: unknown): readonly ToolExecution[] {
  return list(fieldOf(response, 'output'))
    .filter(isItem)
    .flatMap((item) => {
      const type = text(item['type']) ?? 'message';
      if (!type.endsWith('_call') || clientTools.has(type)) return [];
      const [call, answer] = readServerCall(item, type);
      if (call?.type !== 'server_tool_call') return [];
      const { type: kind, ...input } = call.server_tool_call;
      const result = answer?.type === 'server_tool_call_response' ? answer.server_tool_call_response : undefined;
      const hasFailed = item['status'] === 'failed' || item['error'] != null;
      return [
        {
          name: call.name,
          type: datastores.has(kind) ? 'datastore' : 'extension',
          ...(call.id !== undefined && { id: call.id }),
          ...(Object.keys(input).length > 0 && { arguments: input }),
          ...(result && { result: Object.fromEntries(Object.entries(result).filter(([key]) => key !== 'type')) }),
          ...(hasFailed && { errorType: '_OTHER' }),
        },
      ];
    });
}
