import type { Facts } from '../interaction/interaction.ts';
import { type Message, type OutputMessage, type Part, textOf } from '../interaction/message.ts';
import { ATTR, OPERATION } from './names.ts';

type Said = Readonly<Record<string, unknown>>;
type Written = Record<string, unknown>;

/**
 * Other conventions' attributes, written beside the GenAI ones for backends that read nothing else. What they say is
 * taken from the facts of the span; nothing is removed.
 */

const kinds: Readonly<Record<string, string>> = {
  [OPERATION.chat]: 'LLM',
  [OPERATION.textCompletion]: 'LLM',
  [OPERATION.fetchResponse]: 'LLM',
  [OPERATION.embeddings]: 'EMBEDDING',
  [OPERATION.executeTool]: 'TOOL',
  [OPERATION.invokeAgent]: 'AGENT',
  [OPERATION.createAgent]: 'AGENT',
  retrieval: 'RETRIEVER',
};

/** OpenInference (Arize-ai/openinference: spec/semantic_conventions.md), for Phoenix, Arize and Weave. */
export function openInference(attributes: Said, facts: Facts): Said {
  const written: Written = { ...attributes, 'openinference.span.kind': kinds[facts.operation ?? ''] ?? 'CHAIN' };
  const { usage } = facts;
  set(written, {
    'llm.model_name': facts.responseModel ?? facts.requestModel,
    'llm.provider': facts.provider,
    'llm.system': facts.provider,
    'llm.invocation_parameters': facts.parameters && JSON.stringify(facts.parameters),
    'llm.token_count.prompt': usage?.inputTokens,
    'llm.token_count.completion': usage?.outputTokens,
    'llm.token_count.total': total(facts),
    'llm.token_count.prompt_details.cache_read': usage?.cacheReadInputTokens,
    'llm.token_count.prompt_details.cache_write': usage?.cacheWriteInputTokens,
    'llm.token_count.completion_details.reasoning': usage?.reasoningOutputTokens,
    'llm.cost.total': facts.cost?.total,
    'session.id': facts.sessionId ?? facts.conversationId,
    'tool.name': attributes[ATTR.toolName],
    'tool_call.id': attributes[ATTR.toolCallId],
    'input.value': attributes[ATTR.toolCallArguments],
    'output.value': attributes[ATTR.toolCallResult],
  });
  const input = [...instructionsOf(facts), ...(facts.inputMessages ?? [])];
  write(written, 'llm.input_messages', input);
  write(written, 'llm.output_messages', facts.outputMessages ?? []);
  if (input.length > 0) set(written, { 'input.value': JSON.stringify(input), 'input.mime_type': 'application/json' });
  if (facts.outputMessages)
    set(written, { 'output.value': facts.outputMessages.map(textOf).join('\n'), 'output.mime_type': 'text/plain' });
  facts.toolDefinitions?.forEach((tool, index) => {
    written[`llm.tools.${index}.tool.json_schema`] = JSON.stringify(tool);
  });
  return written;
}

function write(written: Written, prefix: string, messages: readonly (Message | OutputMessage)[]): void {
  messages.forEach((message, index) => {
    const at = `${prefix}.${index}.message`;
    const calls = message.parts.filter((part) => part.type === 'tool_call');
    const answer = message.parts.find((part) => part.type === 'tool_call_response');
    set(written, {
      [`${at}.role`]: message.role,
      [`${at}.content`]: answer ? textFrom(answer.response) : textOf(message) || undefined,
      [`${at}.tool_call_id`]: answer?.id,
      [`${at}.name`]: message.name,
    });
    calls.forEach((call, place) => {
      set(written, {
        [`${at}.tool_calls.${place}.tool_call.id`]: call.id,
        [`${at}.tool_calls.${place}.tool_call.function.name`]: call.name,
        [`${at}.tool_calls.${place}.tool_call.function.arguments`]: textFrom(call.arguments),
      });
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
  number(written, 'gen_ai.prompt', [...instructionsOf(facts), ...(facts.inputMessages ?? [])]);
  number(written, 'gen_ai.completion', facts.outputMessages ?? []);
  return written;
}

function number(written: Written, prefix: string, messages: readonly (Message | OutputMessage)[]): void {
  messages.forEach((message, index) => {
    const at = `${prefix}.${index}`;
    const answer = message.parts.find((part) => part.type === 'tool_call_response');
    set(written, {
      [`${at}.role`]: message.role,
      [`${at}.content`]: answer ? textFrom(answer.response) : textOf(message) || undefined,
      [`${at}.tool_call_id`]: answer?.id,
      [`${at}.finish_reason`]: 'finish_reason' in message ? message.finish_reason : undefined,
    });
    message.parts
      .filter((part) => part.type === 'tool_call')
      .forEach((call, place) => {
        set(written, {
          [`${at}.tool_calls.${place}.id`]: call.id,
          [`${at}.tool_calls.${place}.name`]: call.name,
          [`${at}.tool_calls.${place}.arguments`]: textFrom(call.arguments),
        });
      });
  });
}

function instructionsOf(facts: Facts): Message[] {
  const parts: readonly Part[] = facts.systemInstructions ?? [];
  return parts.length > 0 ? [{ role: 'system', parts }] : [];
}

function total({ usage }: Facts): number | undefined {
  return usage?.inputTokens === undefined && usage?.outputTokens === undefined
    ? undefined
    : (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0);
}

function textFrom(value: unknown): string | undefined {
  return value === undefined || typeof value === 'string' ? value : JSON.stringify(value);
}

function set(written: Written, values: Said): void {
  for (const [name, value] of Object.entries(values)) if (value !== undefined) written[name] = value;
}
