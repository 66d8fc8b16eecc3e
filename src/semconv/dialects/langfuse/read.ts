import { answerFactsFromOpenAI, outputFromOpenAI, usageFromOpenAI } from '../../../formats/openai/completion.ts';
import { decodeMessage } from '../../../formats/openai/messages.ts';
import { parametersFromOpenAI, toolsFromOpenAI } from '../../../formats/openai/request.ts';
import { defined, someFields, someOf } from '../../../interaction/defined.ts';
import type { Facts, Outcome, ToolExecution, Usage } from '../../../interaction/interaction.ts';
import type { Message, OutputMessage } from '../../../interaction/message.ts';
import { OPERATION } from '../../../interaction/operation.ts';
import { listOf, numberOf, recordOf, type UnknownRecord } from '../../../interaction/unknown.ts';
import { decodeAttributes } from '../../attributes.ts';
import { millisFrom, type SpanData } from '../../span-data.ts';
import { callerFacts, joined, tagsFrom } from '../caller.ts';
import type { Dialect, Reading, Role } from '../dialect.ts';
import { reportedCost } from '../usage.ts';
import { type AttributeMap, below, countOf, parsedOrText, recordIn, textOf } from '../values.ts';

/** Langfuse's own SDKs (langfuse/langfuse-js and -python, version 3 and later). */
export const langfuse: Dialect = {
  name: 'langfuse',
  scopes: ['langfuse-sdk'],
  claims: ({ attributes }) => attributes['langfuse.observation.type'] !== undefined,
  read,
};

const roles: Readonly<Record<string, Role | undefined>> = {
  generation: 'call',
  embedding: 'call',
  tool: 'tool',
  span: 'outer',
  agent: 'outer',
  chain: 'outer',
};

function read(span: SpanData): Reading {
  const { attributes } = span;
  const type = String(attributes['langfuse.observation.type']).toLowerCase();
  const role = roles[type] ?? 'part';
  const common = joined(decodeAttributes(attributes), callerOf(attributes));
  if (role === 'tool') {
    return { role, facts: joined(common, { operation: OPERATION.executeTool }), tool: toolOf(span) };
  }
  if (role !== 'call') return { role, facts: joined(common, exchangeFacts(attributes)) };
  const operation = type === 'embedding' ? OPERATION.embeddings : OPERATION.chat;
  const outcome = outcomeOf(attributes);
  return {
    role,
    facts: joined(common, exchangeFacts(attributes), modelFacts(span), { operation }),
    ...(outcome && { outcome }),
  };
}

function modelFacts({ attributes, startTime }: SpanData): Facts {
  const parameters = recordIn(attributes['langfuse.observation.model.parameters']) ?? {};
  const maxTokens = numberOf(parameters['max_output_tokens'] ?? parameters['maxTokens']);
  const first = Date.parse(String(parsedOrText(attributes['langfuse.observation.completion_start_time'])));
  return defined({
    requestModel: textOf(attributes['langfuse.observation.model.name']),
    parameters: someFields({ ...parametersFromOpenAI(parameters), ...(maxTokens !== undefined && { maxTokens }) }),
    usage: usageOf(recordIn(attributes['langfuse.observation.usage_details'])),
    cost: reportedCost(recordIn(attributes['langfuse.observation.cost_details'])?.['total'], 'client'),
    timeToFirstChunk: first > 0 ? Math.max(0, first - millisFrom(startTime)) / 1_000 : undefined,
  });
}

/** Langfuse's counts are exclusive: `input` does not include the cached tokens, which are in `input_cached_tokens`. */
function usageOf(details: UnknownRecord | undefined): Usage | undefined {
  if (!details) return undefined;
  if (details['input'] === undefined && details['output'] === undefined) return usageFromOpenAI(details);
  return someFields(
    defined({
      inputTokens: sumOf(details, 'input'),
      outputTokens: sumOf(details, 'output'),
      cacheReadInputTokens: countOf(details['input_cached_tokens'] ?? details['cache_read_input_tokens']),
      cacheWriteInputTokens: countOf(details['input_cache_creation'] ?? details['cache_creation_input_tokens']),
      audioInputTokens: countOf(details['input_audio_tokens']),
      reasoningOutputTokens: countOf(details['output_reasoning_tokens']),
      audioOutputTokens: countOf(details['output_audio_tokens']),
    }),
  );
}

function sumOf(details: UnknownRecord, side: 'input' | 'output'): number | undefined {
  let sum: number | undefined;
  for (const name in details) {
    if (name !== side && !name.startsWith(`${side}_`)) continue;
    const count = countOf(details[name]);
    if (count !== undefined) sum = (sum ?? 0) + count;
  }
  return sum;
}

/** The input is a request, a list of messages or a text; the output a message, a completion or a text. */
function exchangeFacts(attributes: AttributeMap): Facts {
  const input = parsedOrText(attributes['langfuse.observation.input']);
  const request = recordOf(input);
  const instructions = textOf(attributes['langfuse.observation.metadata.instructions']);
  const output = parsedOrText(attributes['langfuse.observation.output']);
  const tools = request?.['tools'] ?? parsedOrText(attributes['langfuse.observation.metadata.tools']);
  return defined({
    ...answerFactsFromOpenAI(output),
    systemInstructions: instructions === undefined ? undefined : [{ type: 'text' as const, content: instructions }],
    inputMessages: someOf(messagesFrom(request ? (request['messages'] ?? request['input'] ?? request) : input)),
    outputMessages: answersFrom(output),
    toolDefinitions: tools === undefined ? undefined : toolsFromOpenAI(tools),
  });
}

function messagesFrom(value: unknown): Message[] {
  if (value === undefined || value === null || value === '') return [];
  return (listOf(value) ?? [value]).flatMap((each) => decodeMessage(each) ?? plainMessage(each));
}

/** Any other value that the application recorded becomes a user message. */
function plainMessage(value: unknown): Message {
  return { role: 'user', parts: [{ type: 'text', content: JSON.stringify(value) ?? '' }] };
}

function answersFrom(value: unknown): readonly OutputMessage[] | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const message = recordOf(value);
  if (typeof message?.['role'] === 'string') {
    const decoded = decodeMessage(message);
    return decoded && [decoded];
  }
  return outputFromOpenAI(value);
}

function toolOf({ attributes, name }: SpanData): ToolExecution {
  return defined({
    name,
    type: 'function',
    arguments: parsedOrText(attributes['langfuse.observation.input']),
    result: parsedOrText(attributes['langfuse.observation.output']),
  });
}

/** Langfuse writes an error as a level; the status of the span stays unset. */
function outcomeOf(attributes: AttributeMap): Outcome | undefined {
  if (attributes['langfuse.observation.level'] !== 'ERROR') return undefined;
  const message = textOf(attributes['langfuse.observation.status_message']);
  return { status: 'error', type: '_OTHER', ...(message !== undefined && { message }) };
}

/** Metadata that Langfuse's wrapper of the OpenAI client copies from the answer, where we read it. */
const copied: ReadonlySet<string> = new Set(['instructions', 'tools', 'reasoning', 'metadata', 'status']);

function callerOf(attributes: AttributeMap): Facts {
  const metadata = Object.entries(below(attributes, 'langfuse.observation.metadata.') ?? {});
  const user = textOf(attributes['langfuse.user.id']);
  return joined(
    callerFacts(below(attributes, 'langfuse.trace.metadata.')),
    callerFacts(Object.fromEntries(metadata.filter(([key]) => !copied.has(key)))),
    defined({
      user: user === undefined ? undefined : { id: user },
      sessionId: textOf(attributes['langfuse.session.id']),
      tags: tagsFrom(attributes['langfuse.trace.tags']),
      environment: textOf(attributes['langfuse.environment']),
      promptName: textOf(attributes['langfuse.observation.prompt.name']),
      promptVersion: promptVersionOf(attributes['langfuse.observation.prompt.version']),
    }),
  );
}

function promptVersionOf(value: unknown): string | undefined {
  return typeof value === 'number' ? String(value) : textOf(value);
}
