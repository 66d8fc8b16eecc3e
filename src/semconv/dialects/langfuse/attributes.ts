import type { AttributeRules } from '../attribute-rules.ts';

export const langfuseAttributes: AttributeRules = {
  namespaces: ['langfuse.*'],
  facts: [
    'langfuse.observation.type',
    'langfuse.observation.level',
    'langfuse.observation.model.name',
    'langfuse.observation.usage_details',
    'langfuse.observation.cost_details',
    'langfuse.observation.completion_start_time',
    'langfuse.observation.prompt.name',
    'langfuse.observation.prompt.version',
    'langfuse.environment',
    'langfuse.release',
    'langfuse.version',
    'langfuse.internal.*',
    'langfuse.trace.public',
  ],
  caller: [
    'langfuse.user.id',
    'langfuse.session.id',
    'langfuse.trace.name',
    'langfuse.trace.tags',
    'langfuse.trace.metadata.*',
    'langfuse.observation.metadata.*',
  ],
  content: [
    'langfuse.observation.metadata.instructions',
    'langfuse.observation.metadata.tools',
    'langfuse.observation.metadata.reasoning',
  ],
};
