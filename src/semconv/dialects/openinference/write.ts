import { openAIFinishReasonsFrom } from '../../../formats/openai/completion.ts';
import {
  encodeAnswer,
  type OpenAIContentPart,
  type OpenAIMessage,
  openAIMessagesFrom,
} from '../../../formats/openai/messages.ts';
import { openAIParametersFrom, openAIToolsFrom } from '../../../formats/openai/request.ts';
import { defined, someFields } from '../../../interaction/defined.ts';
import type { Facts } from '../../../interaction/interaction.ts';
import { textOf } from '../../../interaction/message.ts';
import { type OperationKind, operationKind } from '../../../interaction/operation.ts';
import { recordOf, stringOf } from '../../../interaction/unknown.ts';
import { ATTR } from '../../names.ts';
import { setDefined, totalTokens, type WrittenAttributes } from '../writing.ts';

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
export function writeOpenInference(
  attributes: Readonly<Record<string, unknown>>,
  facts: Facts,
): Readonly<Record<string, unknown>> {
  const { operation, usage, outputMessages, requestModel, parameters } = facts;
  const kind = operationKind(operation);
  const written: WrittenAttributes = { 'openinference.span.kind': (kind && spanKinds[kind]) ?? 'CHAIN', ...attributes };
  const isEmbedding = kind === 'embeddings';
  const prefix = isEmbedding ? 'embedding' : 'llm';
  const isAzure = facts.provider === 'azure.ai.openai';
  const invocation = someFields(defined({ model: requestModel, ...openAIParametersFrom(parameters) }));
  setDefined(written, {
    [`${prefix}.model_name`]: facts.responseModel ?? requestModel,
    [`${prefix}.invocation_parameters`]: invocation && JSON.stringify(invocation),
    'llm.provider': isAzure ? 'azure' : facts.provider,
    'llm.system': isAzure ? 'openai' : facts.provider,
    'llm.finish_reason': openAIFinishReasonsFrom(facts)[0] ?? undefined,
    'llm.token_count.prompt': usage?.inputTokens,
    'llm.token_count.completion': usage?.outputTokens,
    'llm.token_count.total': totalTokens(facts),
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

/** The value that backends show first. */
function show(written: WrittenAttributes, side: 'input' | 'output', value: unknown, type = 'application/json'): void {
  if (value !== undefined) setDefined(written, { [`${side}.value`]: value, [`${side}.mime_type`]: type });
}

function writeEmbedded(written: WrittenAttributes, texts: readonly string[] = []): void {
  texts.forEach((text, index) => {
    written[`embedding.embeddings.${index}.embedding.text`] = text;
  });
  if (texts.length === 1) show(written, 'input', texts[0], 'text/plain');
  else if (texts.length > 1) show(written, 'input', JSON.stringify(texts));
}

function writeMessages(written: WrittenAttributes, prefix: string, messages: readonly OpenAIMessage[] = []): void {
  messages.forEach(({ role, content, name, tool_call_id, tool_calls = [] }, index) => {
    const at = `${prefix}.${index}.message`;
    setDefined(written, {
      [`${at}.role`]: role,
      [`${at}.content`]: typeof content === 'string' ? content || undefined : undefined,
      [`${at}.tool_call_id`]: tool_call_id,
      [`${at}.name`]: name,
    });
    if (typeof content === 'object') writeContents(written, `${at}.contents`, content ?? []);
    tool_calls.forEach(({ id, function: called }, place) => {
      setDefined(written, {
        [`${at}.tool_calls.${place}.tool_call.id`]: id,
        [`${at}.tool_calls.${place}.tool_call.function.name`]: called.name,
        [`${at}.tool_calls.${place}.tool_call.function.arguments`]: called.arguments || undefined,
      });
    });
  });
}

/** Writes texts and images. The convention does not define other parts. */
function writeContents(written: WrittenAttributes, prefix: string, parts: readonly OpenAIContentPart[]): void {
  parts.forEach(({ type, text, image_url: image }, index) => {
    const at = `${prefix}.${index}.message_content`;
    setDefined(written, {
      [`${at}.type`]: type === 'image_url' ? 'image' : type,
      [`${at}.text`]: stringOf(text),
      [`${at}.image.image.url`]: recordOf(image)?.['url'],
    });
  });
}
