import type { AttributeRules } from '../attribute-rules.ts';

export const openLLMetryAttributes: AttributeRules = {
  namespaces: ['traceloop.*', 'llm.*'],
  facts: [
    'traceloop.span.kind',
    'traceloop.workflow.name',
    'traceloop.entity.name',
    'traceloop.entity.path',
    'traceloop.entity.version',
    'traceloop.prompt.key',
    'traceloop.prompt.version',
    'traceloop.prompt.version_name',
    'traceloop.prompt.version_hash',
    'llm.request.type',
    'llm.request.functions.#.name',
    'llm.usage.*',
    'llm.is_streaming',
    'gen_ai.prompt.#.role',
    'gen_ai.prompt.#.tool_call_id',
    'gen_ai.prompt.#.tool_calls.#.id',
    'gen_ai.prompt.#.tool_calls.#.name',
    'gen_ai.completion.#.role',
    'gen_ai.completion.#.finish_reason',
    'gen_ai.completion.#.tool_calls.#.id',
    'gen_ai.completion.#.tool_calls.#.name',
  ],
  caller: ['traceloop.association.properties.*'],
};
