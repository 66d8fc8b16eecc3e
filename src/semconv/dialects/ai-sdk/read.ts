import { defined, someFields, someOf } from '../../../interaction/defined.ts';
import type { Cost, Facts, Parameters, ToolExecution } from '../../../interaction/interaction.ts';
import type { OutputMessage, Part } from '../../../interaction/message.ts';
import { OPERATION } from '../../../interaction/operation.ts';
import { listOf, recordOf, stringOf } from '../../../interaction/unknown.ts';
import { decodeAttributes } from '../../attributes.ts';
import { ATTR } from '../../names.ts';
import type { SpanData } from '../../span-data.ts';
import { callerFacts, joined } from '../caller.ts';
import type { Dialect, Reading, Role } from '../dialect.ts';
import { readGenAI, withReason } from '../genai/read.ts';
import { providerOf } from '../providers.ts';
import { type CountNames, reportedCost, usageFrom } from '../usage.ts';
import { type AttributeMap, below, countOf, parsedOrText, recordIn, textOf } from '../values.ts';
import { messagesFromAI, promptFromAI, toolCallsFromAI, toolsFromAI } from './messages.ts';

/** The Vercel AI SDK, versions 4 to 7. For version 7, both its `ai.*` and its `gen_ai.*` spans. */
export const aiSDK: Dialect = {
  name: 'ai-sdk',
  scopes: ['ai'],
  claims: ({ attributes }) => attributes['ai.operationId'] !== undefined,
  read: (span) => (span.attributes['ai.operationId'] === undefined ? readConventionsOfAI(span) : readOperation(span)),
};

/** The spans of `ai.*`. */
function readOperation(span: SpanData): Reading {
  const { attributes } = span;
  const id = String(attributes['ai.operationId']);
  const role = roleOf(id);
  const called = callerOf(attributes);
  if (role === 'tool') return { role, facts: { operation: OPERATION.executeTool, ...called }, tool: toolOf(span) };
  const isEmbedding = id.startsWith('ai.embed');
  return {
    role,
    facts: joined(
      decodeAttributes(attributes),
      modelFacts(attributes),
      { operation: operationOf(id, attributes) },
      isEmbedding ? embeddingFacts(attributes) : chatFacts(id, attributes),
      answerFacts(attributes),
      called,
    ),
  };
}

/** `ai.generateText.doGenerate` is a call to a model, `ai.generateText` the loop around its calls. */
function roleOf(id: string): Role {
  if (id === 'ai.toolCall') return 'tool';
  if (/^ai\.(?:generate|stream)(?:Text|Object)\.do[A-Z]|^ai\.embed(?:Many)?\.do[A-Z]/.test(id)) return 'call';
  return /^ai\.(?:generate|stream)(?:Text|Object)$|^ai\.embed(?:Many)?$/.test(id) ? 'outer' : 'part';
}

function operationOf(id: string, attributes: AttributeMap): string {
  if (id.startsWith('ai.embed')) return OPERATION.embeddings;
  return /\.completion$/.test(String(attributes['ai.model.provider'])) ? OPERATION.textCompletion : OPERATION.chat;
}

/** `openai.responses` names the provider and its API. */
function modelFacts(attributes: AttributeMap): Facts {
  const named = textOf(attributes['ai.model.provider']) ?? textOf(attributes['gen_ai.system']);
  const [, api] = /\.(chat|responses)$/.exec(named ?? '') ?? [];
  const isOpenAI = /^(?:openai|azure)/.test(named ?? '');
  return defined({
    provider: providerOf(named),
    api: isOpenAI && api ? (api === 'chat' ? 'chat_completions' : 'responses') : undefined,
    requestModel: textOf(attributes['gen_ai.request.model']) ?? textOf(attributes['ai.model.id']),
  });
}

function chatFacts(id: string, attributes: AttributeMap): Facts {
  const isStream = id.startsWith('ai.stream');
  const isObject = id.includes('Object');
  const output = outputOf(attributes);
  const millis = countOf(attributes['ai.response.msToFirstChunk']);
  return defined({
    parameters: joinedParameters(attributes, isStream, isObject),
    inputMessages: messagesFromAI(attributes['ai.prompt.messages']) ?? promptFromAI(attributes['ai.prompt']),
    outputMessages: output && [output],
    toolDefinitions: toolsFromAI(attributes['ai.prompt.tools']),
    timeToFirstChunk: millis === undefined ? undefined : millis / 1_000,
  });
}

function joinedParameters(attributes: AttributeMap, isStream: boolean, isObject: boolean): Parameters | undefined {
  const setting = (name: string): number | undefined => countOf(attributes[`ai.settings.${name}`]);
  return someFields(
    defined({
      maxTokens: setting('maxOutputTokens') ?? setting('maxTokens'),
      temperature: setting('temperature'),
      topP: setting('topP'),
      seed: setting('seed'),
      stopSequences: listOf(attributes['ai.settings.stopSequences']) as readonly string[] | undefined,
      stream: isStream || undefined,
      outputType: isObject ? 'json' : undefined,
    }),
  );
}

function outputOf(attributes: AttributeMap): OutputMessage | undefined {
  const parts: Part[] = [];
  const reasoning = textOf(attributes['ai.response.reasoning']);
  if (reasoning !== undefined) parts.push({ type: 'reasoning', content: reasoning });
  const text = textOf(attributes['ai.response.text']) ?? textOf(attributes['ai.response.object']);
  if (text !== undefined) parts.push({ type: 'text', content: text });
  parts.push(...toolCallsFromAI(attributes['ai.response.toolCalls']));
  if (parts.length === 0) return undefined;
  return withReason({ role: 'assistant', parts }, reasonOf(attributes['ai.response.finishReason']));
}

/** The AI SDK writes `tool-calls` and `content-filter`; the conventions use `_`. */
function reasonOf(value: unknown): string | undefined {
  return textOf(value)?.replaceAll('-', '_');
}

function answerFacts(attributes: AttributeMap): Facts {
  const reasons = listOf(attributes['gen_ai.response.finish_reasons']) ?? [attributes['ai.response.finishReason']];
  const metadata = recordIn(attributes['ai.response.providerMetadata']);
  const tier = stringOf(recordOf(metadata?.['openai'])?.['serviceTier']);
  return defined({
    responseId: textOf(attributes['gen_ai.response.id']) ?? textOf(attributes['ai.response.id']),
    responseModel: textOf(attributes['gen_ai.response.model']) ?? textOf(attributes['ai.response.model']),
    finishReasons: someOf(reasons.flatMap((reason) => reasonOf(reason) ?? [])),
    usage: usageFrom(attributes, counts),
    cost: costOf(metadata),
    serviceTier: tier === undefined ? undefined : { response: tier },
  });
}

/** Newest names first. */
const counts: CountNames = [
  ['inputTokens', 'gen_ai.usage.input_tokens', 'ai.usage.inputTokens', 'ai.usage.promptTokens', 'ai.usage.tokens'],
  ['outputTokens', 'gen_ai.usage.output_tokens', 'ai.usage.outputTokens', 'ai.usage.completionTokens'],
  [
    'cacheReadInputTokens',
    'gen_ai.usage.cache_read.input_tokens',
    'ai.usage.inputTokenDetails.cacheReadTokens',
    'ai.usage.cachedInputTokens',
  ],
  ['cacheWriteInputTokens', 'ai.usage.inputTokenDetails.cacheWriteTokens'],
  ['reasoningOutputTokens', 'ai.usage.outputTokenDetails.reasoningTokens', 'ai.usage.reasoningTokens'],
];

/** Gateways report the cost of a call in USD. */
function costOf(metadata: Readonly<Record<string, unknown>> | undefined): Cost | undefined {
  const gateway = recordOf(metadata?.['gateway']);
  const router = recordOf(recordOf(metadata?.['openrouter'])?.['usage']);
  return reportedCost(gateway?.['cost'] ?? router?.['cost'], 'provider');
}

function embeddingFacts(attributes: AttributeMap): Facts {
  const values =
    listOf(attributes['ai.values']) ?? (attributes['ai.value'] === undefined ? [] : [attributes['ai.value']]);
  const [vector] = listOf(attributes['ai.embeddings']) ?? [attributes['ai.embedding']];
  const dimensions = listOf(parsedOrText(vector))?.length;
  return defined({
    inputMessages: someOf(
      values.flatMap((value) => {
        const content = textOf(parsedOrText(value));
        return content === undefined ? [] : [{ role: 'user', parts: [{ type: 'text' as const, content }] }];
      }),
    ),
    parameters: dimensions ? { dimensionCount: dimensions } : undefined,
  });
}

function toolOf({ attributes }: SpanData): ToolExecution {
  return defined({
    name: textOf(attributes['ai.toolCall.name']) ?? '',
    id: textOf(attributes['ai.toolCall.id']),
    type: 'function',
    arguments: parsedOrText(attributes['ai.toolCall.args']),
    result: parsedOrText(attributes['ai.toolCall.result']),
  });
}

/** `metadata` of versions 4 to 6, the runtime context of version 7, and the name of the function. */
function callerOf(attributes: AttributeMap): Facts {
  const name = textOf(attributes['ai.telemetry.functionId']);
  return joined(
    callerFacts(below(attributes, 'ai.telemetry.metadata.')),
    callerFacts(below(attributes, 'ai.settings.context.')),
    name === undefined ? undefined : { agent: { name } },
  );
}

/** The `gen_ai.*` spans of version 7: the conventions and a few additional names. */
function readConventionsOfAI(span: SpanData): Reading {
  const { attributes } = span;
  const first = countOf(attributes['gen_ai.client.operation.time_to_first_chunk']);
  const reading = readGenAI(
    span,
    joined(answerFacts(attributes), callerOf(attributes), first === undefined ? undefined : streamed(first)),
  );
  // A step of an agent is not an operation of the conventions.
  return attributes[ATTR.operationName] === 'agent_step' ? { ...reading, role: 'outer' } : reading;
}

function streamed(timeToFirstChunk: number): Facts {
  return { timeToFirstChunk, parameters: { stream: true } };
}
