import { answerFactsFromOpenAI } from '../../../formats/openai/completion.ts';
import { decodeMessage } from '../../../formats/openai/messages.ts';
import { parametersFromOpenAI, toolsFromOpenAI } from '../../../formats/openai/request.ts';
import { defined, someFields, someOf } from '../../../interaction/defined.ts';
import type { Facts, Parameters, ToolExecution } from '../../../interaction/interaction.ts';
import type { Message, OutputMessage } from '../../../interaction/message.ts';
import { OPERATION } from '../../../interaction/operation.ts';
import { listOf, numberOf, recordOf, stringOf, type UnknownRecord } from '../../../interaction/unknown.ts';
import { decodeAttributes } from '../../attributes.ts';
import { millisFrom, type SpanData } from '../../span-data.ts';
import { callerFacts, joined, tagsFrom } from '../caller.ts';
import type { Dialect, Reading, Role } from '../dialect.ts';
import { withReason } from '../genai/read.ts';
import { providerOf } from '../providers.ts';
import { type CountNames, reportedCost, usageFrom } from '../usage.ts';
import { type AttributeMap, parsedOrText, recordIn, scalarsOf, textOf, treeOf } from '../values.ts';
import { langChainAnswer } from './langchain.ts';

/** OpenInference (Arize-ai/openinference: spec/semantic_conventions.md), of the packages for JavaScript and Python. */
export const openInference: Dialect = {
  name: 'openinference',
  scopes: ['@arizeai/openinference*', 'openinference*'],
  claims: ({ attributes }) => attributes['openinference.span.kind'] !== undefined,
  read,
};

const roles: Readonly<Record<string, Role | undefined>> = {
  LLM: 'call',
  EMBEDDING: 'call',
  TOOL: 'tool',
  CHAIN: 'outer',
  AGENT: 'outer',
};

function read(span: SpanData): Reading {
  const { attributes } = span;
  const kind = String(attributes['openinference.span.kind']).toUpperCase();
  const role = roles[kind] ?? 'part';
  const metadata = recordIn(attributes['metadata']);
  const common = joined(decodeAttributes(attributes), callerOf(attributes, metadata));
  if (role === 'tool') {
    const tool = toolOf(attributes);
    return tool
      ? { role, facts: joined(common, { operation: OPERATION.executeTool }), tool }
      : { role: 'part', facts: common };
  }
  if (kind === 'EMBEDDING') return { role, facts: joined(common, embeddingFacts(attributes)) };
  return { role, facts: joined(common, llmFacts(span)) };
}

function llmFacts(span: SpanData): Facts {
  const { attributes } = span;
  const invocation = recordIn(attributes['llm.invocation_parameters']) ?? {};
  const request = recordIn(attributes['input.value']);
  const answer = answerOf(attributes);
  const requestModel =
    textOf(invocation['model']) ?? textOf(request?.['model']) ?? textOf(attributes['llm.model_name']);
  const named = textOf(attributes['llm.model_name']);
  const prompts = listOf(treeOf(attributes, 'llm.prompts'));
  return joined(
    answer,
    defined({
      operation: prompts ? OPERATION.textCompletion : OPERATION.chat,
      provider: providerOf(attributes['llm.provider'] ?? attributes['llm.system'] ?? langChainProvider(attributes)),
      requestModel,
      responseModel: named === requestModel ? undefined : named,
      parameters: parametersOf(invocation),
      inputMessages: someOf([
        ...messagesOf(treeOf(attributes, 'llm.input_messages')),
        ...(prompts ?? []).flatMap((prompt) => promptFrom(prompt)),
      ]),
      outputMessages: outputOf(attributes),
      toolDefinitions: toolsOf(attributes),
      finishReasons: finishReasonsOf(attributes),
      usage: usageFrom(attributes, counts),
      cost: reportedCost(attributes['llm.cost.total'], 'client'),
      timeToFirstChunk: firstChunkOf(span),
    }),
    someFields(defined({ promptTemplate: textOf(attributes['llm.prompt_template.template']) })),
    variablesOf(attributes['llm.prompt_template.variables']),
  );
}

function langChainProvider(attributes: AttributeMap): unknown {
  return recordIn(attributes['metadata'])?.['ls_provider'];
}

/** The facts of the complete answer, which some instrumentations attach as JSON. */
function answerOf(attributes: AttributeMap): Facts {
  const answer = recordIn(attributes['output.value']);
  if (!answer) return {};
  const { object } = answer;
  const isResponse = object === 'response';
  const facts = isResponse || Array.isArray(answer['choices']) ? answerFactsFromOpenAI({ choices: [], ...answer }) : {};
  const { finishReasons: _, ...rest } = facts;
  return joined(
    langChainAnswer(answer),
    rest,
    isResponse ? { api: 'responses' } : object === 'chat.completion' ? { api: 'chat_completions' } : undefined,
  );
}

function parametersOf(invocation: UnknownRecord): Parameters | undefined {
  const level = stringOf(recordOf(invocation['reasoning'])?.['effort']);
  const maxTokens = numberOf(invocation['max_output_tokens']);
  return someFields({
    ...parametersFromOpenAI(invocation),
    ...(level !== undefined && { reasoningLevel: level }),
    ...(maxTokens !== undefined && { maxTokens }),
  });
}

function finishReasonsOf(attributes: AttributeMap): readonly string[] | undefined {
  const reason = textOf(attributes['llm.finish_reason']);
  return reason === undefined ? undefined : [reason];
}

function messagesOf(tree: unknown): Message[] {
  return (listOf(tree) ?? []).flatMap((entry) => messageFrom(recordOf(recordOf(entry)?.['message'])));
}

function outputOf(attributes: AttributeMap): readonly OutputMessage[] | undefined {
  const reason = textOf(attributes['llm.finish_reason']);
  const messages = messagesOf(treeOf(attributes, 'llm.output_messages'));
  return someOf(messages.map((message) => withReason(message, reason)));
}

/** OpenInference writes the nested fields of OpenAI's messages as numbered attributes. */
function messageFrom(message: UnknownRecord | undefined): Message[] {
  if (!message) return [];
  const calls = (listOf(message['tool_calls']) ?? []).map((call) => recordOf(call)?.['tool_call'] ?? call);
  const contents = (listOf(message['contents']) ?? []).map((part) =>
    contentFrom(recordOf(recordOf(part)?.['message_content'])),
  );
  const { content } = message;
  const hasText = typeof content === 'string' && (content !== '' || (calls.length === 0 && contents.length === 0));
  const decoded = decodeMessage({
    role: textOf(message['role']) ?? 'assistant',
    content: contents.length > 0 ? [...(hasText ? [content] : []), ...contents] : hasText ? content : null,
    name: message['name'],
    tool_call_id: message['tool_call_id'],
    ...(calls.length > 0 && { tool_calls: calls }),
  });
  return decoded ? [decoded] : [];
}

function contentFrom(part: UnknownRecord | undefined): unknown {
  if (!part) return undefined;
  const url = recordOf(recordOf(part['image'])?.['image'])?.['url'] ?? recordOf(part['image'])?.['url'];
  if (typeof url === 'string') return { type: 'image_url', image_url: { url } };
  return typeof part['text'] === 'string' ? { type: 'text', text: part['text'] } : part;
}

function promptFrom(prompt: unknown): Message[] {
  const content = textOf(recordOf(recordOf(prompt)?.['prompt'])?.['text']);
  return content === undefined ? [] : [{ role: 'user', parts: [{ type: 'text', content }] }];
}

function toolsOf(attributes: AttributeMap): Facts['toolDefinitions'] {
  const tools = listOf(treeOf(attributes, 'llm.tools')) ?? [];
  return toolsFromOpenAI(tools.map((tool) => parsedOrText(recordOf(recordOf(tool)?.['tool'])?.['json_schema'])));
}

const counts: CountNames = [
  ['inputTokens', 'llm.token_count.prompt'],
  ['outputTokens', 'llm.token_count.completion'],
  ['cacheReadInputTokens', 'llm.token_count.prompt_details.cache_read'],
  ['cacheWriteInputTokens', 'llm.token_count.prompt_details.cache_write'],
  ['audioInputTokens', 'llm.token_count.prompt_details.audio'],
  ['reasoningOutputTokens', 'llm.token_count.completion_details.reasoning'],
  ['audioOutputTokens', 'llm.token_count.completion_details.audio'],
];

/** The instrumentations for Python add an event for the first chunk. */
function firstChunkOf({ events, startTime }: SpanData): number | undefined {
  const first = events?.find(({ name }) => name === 'First Token Stream Event');
  return first && Math.max(0, millisFrom(first.time) - millisFrom(startTime)) / 1_000;
}

function embeddingFacts(attributes: AttributeMap): Facts {
  const invocation = recordIn(attributes['embedding.invocation_parameters'] ?? attributes['llm.invocation_parameters']);
  const embeddings = listOf(treeOf(attributes, 'embedding.embeddings')) ?? [];
  const [first] = embeddings;
  const vector = recordOf(recordOf(first)?.['embedding'])?.['vector'];
  const dimensions = listOf(parsedOrText(vector))?.length;
  return defined({
    operation: OPERATION.embeddings,
    provider: providerOf(attributes['llm.provider'] ?? attributes['llm.system']),
    requestModel: textOf(invocation?.['model']) ?? textOf(attributes['embedding.model_name']),
    parameters: dimensions ? { dimensionCount: dimensions } : undefined,
    usage: usageFrom(attributes, counts),
    inputMessages: someOf(
      embeddings.flatMap((embedding) => {
        const content = textOf(recordOf(recordOf(embedding)?.['embedding'])?.['text']);
        return content === undefined ? [] : [{ role: 'user', parts: [{ type: 'text' as const, content }] }];
      }),
    ),
  });
}

function toolOf(attributes: AttributeMap): ToolExecution | undefined {
  const name = textOf(attributes['tool.name']) ?? textOf(attributes['tool_call.function.name']);
  if (name === undefined) return undefined;
  return defined({
    name,
    id: textOf(attributes['tool_call.id']) ?? textOf(attributes['tool.id']),
    type: 'function',
    arguments: parsedOrText(attributes['tool_call.function.arguments'] ?? attributes['input.value']),
    result: parsedOrText(attributes['output.value']),
  });
}

function variablesOf(value: unknown): Facts {
  const variables = recordIn(value);
  if (!variables) return {};
  const texts = Object.entries(scalarsOf(variables)).map(([key, each]) => [key, String(each)]);
  return { promptVariables: Object.fromEntries(texts) as Readonly<Record<string, string>> };
}

/** `session.id` and `user.id` are read with the other attributes. LangChain's own metadata is left out. */
function callerOf(attributes: AttributeMap, metadata: UnknownRecord | undefined): Facts {
  const own = metadata && Object.entries(metadata).filter(([key]) => !key.startsWith('ls_') && key !== 'versions');
  const name = textOf(attributes['agent.name']);
  const tags = tagsFrom(attributes['tag.tags']);
  return joined(
    own && callerFacts(Object.fromEntries(own)),
    defined({ tags, agent: name === undefined ? undefined : { name } }),
  );
}
