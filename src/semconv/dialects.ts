import { openAIFinishReasonsFrom } from '../formats/openai/completion.ts';
import {
  encodeAnswer,
  type OpenAIContentPart,
  type OpenAIMessage,
  openAIMessagesFrom,
} from '../formats/openai/messages.ts';
import { openAIParametersFrom, openAIToolsFrom } from '../formats/openai/request.ts';
import { defined, someFields } from '../interaction/defined.ts';
import type { Facts } from '../interaction/interaction.ts';
import { textOf } from '../interaction/message.ts';
import { type OperationKind, operationKind } from '../interaction/operation.ts';
import { recordOf, stringOf } from '../interaction/unknown.ts';
import { ATTR, OPERATION } from './names.ts';

type Said = Readonly<Record<string, unknown>>;
type Written = Record<string, unknown>;

/**
 * Other conventions' attributes, written beside the GenAI ones for backends that read nothing else. What they say is
 * taken from the facts of the span, in OpenAI's form, which both conventions number; nothing is removed.
 */

const spanKinds: { readonly [K in OperationKind]?: string } = {
  inference: 'LLM',
  fetch: 'LLM',
  embeddings: 'EMBEDDING',
  tool: 'TOOL',
  agent: 'AGENT',
  setup: 'AGENT',
  retrieval: 'RETRIEVER',
};

/** OpenInference (Arize-ai/openinference: spec/semantic_conventions.md), for Phoenix, Arize and Weave. */
export function openInference(attributes: Said, facts: Facts): Said {
  const { operation, usage, outputMessages, requestModel, parameters } = facts;
  const kind = operationKind(operation);
  const written: Written = { 'openinference.span.kind': (kind && spanKinds[kind]) ?? 'CHAIN', ...attributes };
  const isEmbedding = kind === 'embeddings';
  const asked = isEmbedding ? 'embedding' : 'llm';
  const isAzure = facts.provider === 'azure.ai.openai';
  const invocation = someFields(defined({ model: requestModel, ...openAIParametersFrom(parameters) }));
  set(written, {
    [`${asked}.model_name`]: facts.responseModel ?? requestModel,
    [`${asked}.invocation_parameters`]: invocation && JSON.stringify(invocation),
    'llm.provider': isAzure ? 'azure' : facts.provider,
    'llm.system': isAzure ? 'openai' : facts.provider,
    'llm.finish_reason': openAIFinishReasonsFrom(facts)[0] ?? undefined,
    'llm.token_count.prompt': usage?.inputTokens,
    'llm.token_count.completion': usage?.outputTokens,
    'llm.token_count.total': total(facts),
    'llm.token_count.prompt_details.cache_read': usage?.cacheReadInputTokens,
    'llm.token_count.prompt_details.cache_write': usage?.cacheWriteInputTokens,
    'llm.token_count.prompt_details.audio': usage?.audioInputTokens,
    'llm.token_count.completion_details.reasoning': usage?.reasoningOutputTokens,
    'llm.token_count.completion_details.audio': usage?.audioOutputTokens,
    'llm.cost.total': facts.cost?.total,
    'session.id': facts.sessionId ?? facts.conversationId,
    'agent.name': facts.agent?.name,
    'tool.name': attributes[ATTR.toolName],
    'tool_call.id': attributes[ATTR.toolCallId],
  });
  show(written, 'input', attributes[ATTR.toolCallArguments]);
  show(written, 'output', attributes[ATTR.toolCallResult]);
  const input = openAIMessagesFrom(facts);
  if (isEmbedding) writeEmbedded(written, facts.inputMessages?.map(textOf));
  else if (input.length > 0) {
    show(written, 'input', JSON.stringify(input));
    writeMessages(written, 'llm.input_messages', input);
  }
  writeMessages(written, 'llm.output_messages', outputMessages?.map(encodeAnswer));
  if (outputMessages) show(written, 'output', outputMessages.map(textOf).join('\n'), 'text/plain');
  openAIToolsFrom(facts.toolDefinitions)?.forEach((tool, index) => {
    written[`llm.tools.${index}.tool.json_schema`] = JSON.stringify(tool);
  });
  return written;
}

/** What a reader of the span sees first. */
function show(written: Written, side: 'input' | 'output', value: unknown, type = 'application/json'): void {
  if (value !== undefined) set(written, { [`${side}.value`]: value, [`${side}.mime_type`]: type });
}

function writeEmbedded(written: Written, texts: readonly string[] = []): void {
  texts.forEach((text, index) => {
    written[`embedding.embeddings.${index}.embedding.text`] = text;
  });
  if (texts.length === 1) show(written, 'input', texts[0], 'text/plain');
  else if (texts.length > 1) show(written, 'input', JSON.stringify(texts));
}

function writeMessages(written: Written, prefix: string, messages: readonly OpenAIMessage[] = []): void {
  messages.forEach(({ role, content, name, tool_call_id, tool_calls = [] }, index) => {
    const at = `${prefix}.${index}.message`;
    set(written, {
      [`${at}.role`]: role,
      [`${at}.content`]: typeof content === 'string' ? content || undefined : undefined,
      [`${at}.tool_call_id`]: tool_call_id,
      [`${at}.name`]: name,
    });
    if (typeof content === 'object') writeContents(written, `${at}.contents`, content ?? []);
    tool_calls.forEach(({ id, function: called }, place) => {
      set(written, {
        [`${at}.tool_calls.${place}.tool_call.id`]: id,
        [`${at}.tool_calls.${place}.tool_call.function.name`]: called.name,
        [`${at}.tool_calls.${place}.tool_call.function.arguments`]: called.arguments || undefined,
      });
    });
  });
}

/** Texts and pictures; of other parts the convention shows nothing. */
function writeContents(written: Written, prefix: string, parts: readonly OpenAIContentPart[]): void {
  parts.forEach(({ type, text, image_url: image }, index) => {
    const at = `${prefix}.${index}.message_content`;
    set(written, {
      [`${at}.type`]: type === 'image_url' ? 'image' : type,
      [`${at}.text`]: stringOf(text),
      [`${at}.image.image.url`]: recordOf(image)?.['url'],
    });
  });
}

/** OpenLLMetry (traceloop/openllmetry-js: packages/ai-semantic-conventions), for Traceloop and older backends. */
export function openLLMetry(attributes: Said, facts: Facts): Said {
  const written: Written = { ...attributes };
  const isTool = facts.operation === OPERATION.executeTool;
  const isAgent = facts.operation === OPERATION.invokeAgent;
  set(written, {
    'gen_ai.system': facts.provider,
    'llm.request.type':
      facts.operation === OPERATION.textCompletion
        ? 'completion'
        : facts.operation === OPERATION.chat
          ? 'chat'
          : undefined,
    'gen_ai.usage.prompt_tokens': facts.usage?.inputTokens,
    'gen_ai.usage.completion_tokens': facts.usage?.outputTokens,
    'llm.usage.total_tokens': total(facts),
    'traceloop.span.kind': isTool ? 'tool' : isAgent ? 'agent' : undefined,
    'traceloop.entity.name': isTool ? attributes[ATTR.toolName] : isAgent ? facts.agent?.name : undefined,
    'traceloop.entity.input': attributes[ATTR.toolCallArguments],
    'traceloop.entity.output': attributes[ATTR.toolCallResult],
    'traceloop.association.properties.session_id': facts.sessionId ?? facts.conversationId,
    'traceloop.association.properties.user_id': facts.user?.id,
  });
  number(written, 'gen_ai.prompt', openAIMessagesFrom(facts));
  number(written, 'gen_ai.completion', facts.outputMessages?.map(encodeAnswer));
  facts.outputMessages?.forEach(({ finish_reason: reason }, index) => {
    set(written, { [`gen_ai.completion.${index}.finish_reason`]: reason });
  });
  return written;
}

function number(written: Written, prefix: string, messages: readonly OpenAIMessage[] = []): void {
  messages.forEach(({ role, content, tool_call_id, tool_calls = [] }, index) => {
    const at = `${prefix}.${index}`;
    set(written, {
      [`${at}.role`]: role,
      [`${at}.content`]: (typeof content === 'object' ? content && JSON.stringify(content) : content) || undefined,
      [`${at}.tool_call_id`]: tool_call_id,
    });
    tool_calls.forEach(({ id, function: called }, place) => {
      set(written, {
        [`${at}.tool_calls.${place}.id`]: id,
        [`${at}.tool_calls.${place}.name`]: called.name,
        [`${at}.tool_calls.${place}.arguments`]: called.arguments || undefined,
      });
    });
  });
}

function total({ usage }: Facts): number | undefined {
  return usage?.inputTokens === undefined && usage?.outputTokens === undefined
    ? undefined
    : (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0);
}

function set(written: Written, values: Said): void {
  for (const [name, value] of Object.entries(values)) if (value !== undefined) written[name] = value;
}
