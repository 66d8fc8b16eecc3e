import { factAttributeNames } from '../../attributes.ts';
import type { AttributeRules } from '../attribute-rules.ts';

/**
 * The names of the conventions that we read are in the table of `attributes.ts`. These are the other names without
 * content.
 */
export const genAIAttributes: AttributeRules = {
  namespaces: ['gen_ai.*', 'openai.*', 'mcp.*', 'spanport.*'],
  facts: [
    ...factAttributeNames,
    'gen_ai.tool.name',
    'gen_ai.tool.type',
    'gen_ai.tool.call.id',
    'gen_ai.tool.description',
    'gen_ai.data_source.id',
    'gen_ai.retrieval.top_k',
    'gen_ai.memory.store.*',
    'gen_ai.memory.record.*',
    'gen_ai.evaluation.name',
    'gen_ai.evaluation.score.label',
    'gen_ai.token.type',
    'gen_ai.token.modality',
    'gen_ai.openai.api_base',
    'gen_ai.openai.api_version',
    'gen_ai.openai.request.response_format',
    'gen_ai.event.name',
    'gen_ai.workflow.name',
    'gen_ai.skill.name',
    'mcp.method.name',
    'mcp.session.id',
    'mcp.protocol.version',
    'mcp.request.id',
  ],
  caller: ['spanport.custom.*', 'spanport.source.*'],
};
