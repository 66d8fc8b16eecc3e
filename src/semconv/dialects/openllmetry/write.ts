import { encodeAnswer, type OpenAIMessage, openAIMessagesFrom } from '../../../formats/openai/messages.ts';
import type { Facts } from '../../../interaction/interaction.ts';
import { ATTR, OPERATION } from '../../names.ts';
import { setDefined, totalTokens, type WrittenAttributes } from '../writing.ts';

/** OpenLLMetry (traceloop/openllmetry-js: packages/ai-semantic-conventions), for Traceloop and older backends. */
export function writeOpenLLMetry(
  attributes: Readonly<Record<string, unknown>>,
  facts: Facts,
): Readonly<Record<string, unknown>> {
  const written: WrittenAttributes = { ...attributes };
  const isTool = facts.operation === OPERATION.executeTool;
  const isAgent = facts.operation === OPERATION.invokeAgent;
  setDefined(written, {
    'gen_ai.system': facts.provider,
    'llm.request.type':
      facts.operation === OPERATION.textCompletion
        ? 'completion'
        : facts.operation === OPERATION.chat
          ? 'chat'
          : undefined,
    'gen_ai.usage.prompt_tokens': facts.usage?.inputTokens,
    'gen_ai.usage.completion_tokens': facts.usage?.outputTokens,
    'llm.usage.total_tokens': totalTokens(facts),
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
    setDefined(written, { [`gen_ai.completion.${index}.finish_reason`]: reason });
  });
  return written;
}

function number(written: WrittenAttributes, prefix: string, messages: readonly OpenAIMessage[] = []): void {
  messages.forEach(({ role, content, tool_call_id, tool_calls = [] }, index) => {
    const at = `${prefix}.${index}`;
    setDefined(written, {
      [`${at}.role`]: role,
      [`${at}.content`]: (typeof content === 'object' ? content && JSON.stringify(content) : content) || undefined,
      [`${at}.tool_call_id`]: tool_call_id,
    });
    tool_calls.forEach(({ id, function: called }, place) => {
      setDefined(written, {
        [`${at}.tool_calls.${place}.id`]: id,
        [`${at}.tool_calls.${place}.name`]: called.name,
        [`${at}.tool_calls.${place}.arguments`]: called.arguments || undefined,
      });
    });
  });
}
