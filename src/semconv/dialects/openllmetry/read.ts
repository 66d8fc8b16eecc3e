import { decodeMessage } from '../../../formats/openai/messages.ts';
import { defined, someFields, someOf } from '../../../interaction/defined.ts';
import type { Facts, Parameters, ToolExecution } from '../../../interaction/interaction.ts';
import type { Message, OutputMessage, ToolDefinition } from '../../../interaction/message.ts';
import { OPERATION } from '../../../interaction/operation.ts';
import { listOf, recordOf, stringOf } from '../../../interaction/unknown.ts';
import { decodeAttributes } from '../../attributes.ts';
import { ATTR } from '../../names.ts';
import { type SpanData, SpanKind } from '../../span-data.ts';
import { callerFacts, joined } from '../caller.ts';
import type { Dialect, Reading, Role } from '../dialect.ts';
import { readGenAI, withReason } from '../genai/read.ts';
import { providerOf } from '../providers.ts';
import { type CountNames, usageFrom } from '../usage.ts';
import { type AttributeMap, below, countOf, parsedOrText, recordIn, scalarsOf, textOf, treeOf } from '../values.ts';

/**
 * OpenLLMetry (traceloop/openllmetry, traceloop/openllmetry-js). Until 0.14 (JavaScript) and 0.4x (Python), messages
 * are numbered attributes, `gen_ai.prompt.0.content`. Since then, spans follow the conventions, with a few additional
 * names.
 */
export const openLLMetry: Dialect = {
  name: 'openllmetry',
  scopes: ['@traceloop/*', 'opentelemetry.instrumentation.openai.v*', 'traceloop.*'],
  claims: ({ attributes }) =>
    attributes['traceloop.span.kind'] !== undefined ||
    attributes['llm.request.type'] !== undefined ||
    attributes['gen_ai.prompt.0.role'] !== undefined ||
    attributes['gen_ai.prompt.0.content'] !== undefined ||
    attributes['gen_ai.completion.0.content'] !== undefined,
  read: (span) => (span.attributes[ATTR.operationName] === undefined ? readNumbered(span) : readNamed(span)),
};

/** Reads spans that follow the conventions. */
function readNamed(span: SpanData): Reading {
  const reading = readGenAI(span);
  return { ...reading, facts: joined(numberedFacts(span.attributes), reading.facts, commonFacts(span.attributes)) };
}

const operations: Readonly<Record<string, string | undefined>> = {
  chat: OPERATION.chat,
  completion: OPERATION.textCompletion,
  embedding: OPERATION.embeddings,
};

function readNumbered(span: SpanData): Reading {
  const { attributes, kind } = span;
  const entity = textOf(attributes['traceloop.span.kind']);
  const common = joined(decodeAttributes(attributes), commonFacts(attributes));
  if (entity === 'tool') {
    return { role: 'tool', facts: joined(common, { operation: OPERATION.executeTool }), tool: toolOf(span) };
  }
  const type = textOf(attributes['llm.request.type']);
  const operation = type === undefined ? OPERATION.chat : operations[type];
  const facts = joined(common, numberedFacts(attributes));
  if (entity !== undefined) return { role: 'outer', facts: joined(facts, agentOf(attributes)) };
  const isCall = operation !== undefined && (type !== undefined || kind === SpanKind.CLIENT || hasModel(facts));
  const role: Role = isCall ? 'call' : 'part';
  return { role, facts: operation === undefined ? facts : joined(facts, { operation }) };
}

function hasModel({ requestModel, responseModel }: Facts): boolean {
  return (requestModel ?? responseModel) !== undefined;
}

/** The messages, tools and counts in numbered attributes. */
function numberedFacts(attributes: AttributeMap): Facts {
  const input = listOf(treeOf(attributes, 'gen_ai.prompt')) ?? listOf(treeOf(attributes, 'llm.prompts')) ?? [];
  const output = listOf(treeOf(attributes, 'gen_ai.completion')) ?? listOf(treeOf(attributes, 'llm.completions')) ?? [];
  const reasons = output.flatMap((entry) => textOf(recordOf(entry)?.['finish_reason']) ?? []);
  return defined({
    inputMessages: someOf(input.flatMap((entry) => messageFrom(entry, 'user'))),
    outputMessages: someOf(output.flatMap(answerFrom)),
    finishReasons: someOf(reasons),
    toolDefinitions: toolsOf(attributes),
  });
}

function answerFrom(entry: unknown): OutputMessage[] {
  const reason = textOf(recordOf(entry)?.['finish_reason']);
  return messageFrom(entry, 'assistant').map((message) => withReason(message, reason));
}

function messageFrom(entry: unknown, role: string): Message[] {
  const message = recordOf(entry);
  if (!message) return [];
  const calls = listOf(message['tool_calls'])?.map((call) => ({ type: 'function', ...recordOf(call) }));
  const decoded = decodeMessage({
    role: textOf(message['role']) ?? role,
    content: contentFrom(message['content'], calls !== undefined),
    tool_call_id: message['tool_call_id'],
    ...(calls && { tool_calls: calls }),
  });
  return decoded ? [decoded] : [];
}

/** Lists of parts and missing content are written as JSON. A text that happens to be JSON stays a text. */
function contentFrom(content: unknown, hasCalls: boolean): unknown {
  if (content === 'null' || (content === '' && hasCalls)) return null;
  if (typeof content !== 'string' || !content.startsWith('[{')) return content;
  const parts = listOf(parsedOrText(content));
  return parts?.every((part) => typeof recordOf(part)?.['type'] === 'string') ? parts : content;
}

function toolsOf(attributes: AttributeMap): readonly ToolDefinition[] | undefined {
  const functions = listOf(treeOf(attributes, 'llm.request.functions')) ?? [];
  return someOf(
    functions.flatMap((value) => {
      const tool = recordOf(value);
      const name = stringOf(tool?.['name']);
      if (!tool || name === undefined) return [];
      const parameters = parsedOrText(tool['parameters'] ?? tool['arguments']);
      return [defined({ type: 'function', name, description: stringOf(tool['description']), parameters })];
    }),
  );
}

/** The facts that both forms write in addition to the conventions. */
function commonFacts(attributes: AttributeMap): Facts {
  const isStream = attributes['gen_ai.is_streaming'] === true || attributes['llm.is_streaming'] === true;
  return joined(
    defined({
      provider: providerOf(attributes[ATTR.providerName] ?? attributes['gen_ai.system']),
      ...addressOf(textOf(attributes['gen_ai.openai.api_base'])),
      parameters: parametersOf(attributes, isStream),
      usage: usageFrom(attributes, counts),
      promptName: textOf(attributes['traceloop.prompt.key']),
      promptVersion: textOf(attributes['traceloop.prompt.version']),
      promptTemplate: textOf(attributes['traceloop.prompt.template']),
      promptVariables: variablesOf(attributes),
    }),
    callerFacts(below(attributes, 'traceloop.association.properties.')),
  );
}

function parametersOf(attributes: AttributeMap, isStream: boolean): Parameters | undefined {
  return someFields(
    defined({
      frequencyPenalty: countOf(attributes['llm.frequency_penalty']),
      presencePenalty: countOf(attributes['llm.presence_penalty']),
      stopSequences: listOf(attributes['llm.chat.stop_sequences']) as readonly string[] | undefined,
      stream: isStream || undefined,
    }),
  );
}

const counts: CountNames = [
  ['reasoningOutputTokens', 'gen_ai.usage.reasoning_tokens', 'llm.usage.reasoning_tokens'],
  ['cacheReadInputTokens', 'gen_ai.usage.cache_read.input_tokens', 'gen_ai.usage.cache_read_input_tokens'],
  ['cacheWriteInputTokens', 'gen_ai.usage.cache_creation_input_tokens'],
];

function addressOf(base: string | undefined): Pick<Facts, 'serverAddress' | 'serverPort'> {
  if (base === undefined || !URL.canParse(base)) return {};
  const { hostname, port, protocol } = new URL(base);
  return { serverAddress: hostname, serverPort: port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port) };
}

function variablesOf(attributes: AttributeMap): Readonly<Record<string, string>> | undefined {
  const variables = below(attributes, 'traceloop.prompt.template_variables.');
  if (!variables) return undefined;
  return Object.fromEntries(Object.entries(scalarsOf(variables)).map(([key, value]) => [key, String(value)]));
}

function agentOf(attributes: AttributeMap): Facts {
  const name = textOf(attributes['traceloop.entity.name']);
  return name === undefined ? {} : { agent: { name } };
}

function toolOf({ attributes, name }: SpanData): ToolExecution {
  return defined({
    name: textOf(attributes['traceloop.entity.name']) ?? name.replace(/\.tool$/, ''),
    type: 'function',
    arguments: argumentsOf(parsedOrText(attributes['traceloop.entity.input'])),
    result: parsedOrText(attributes['traceloop.entity.output']),
  });
}

/** The decorators write `{ args, kwargs }`. If the only argument is an object, it contains the model's arguments. */
function argumentsOf(input: unknown): unknown {
  const record = recordIn(input);
  const args = listOf(record?.['args']);
  if (!record || !args) return input;
  const named = recordOf(record['kwargs']);
  if (named && Object.keys(named).length > 0) return named;
  return args.length === 1 ? args[0] : args;
}
