import type { AttributeRules } from '../attribute-rules.ts';

export const aiSDKAttributes: AttributeRules = {
  namespaces: ['ai.*'],
  facts: [
    'ai.operationId',
    'ai.telemetry.functionId',
    'ai.model.*',
    'ai.settings.*',
    'ai.response.finishReason',
    'ai.response.id',
    'ai.response.model',
    'ai.response.timestamp',
    'ai.response.ms*',
    'ai.usage.*',
    'ai.toolCall.name',
    'ai.toolCall.id',
    'ai.request.audio.*',
    'ai.response.audio.*',
    'ai.ranking.type',
    'ai.schema.name',
  ],
  caller: ['ai.telemetry.metadata.*', 'ai.settings.context.*'],
};
