import type { AttributeRules } from '../attribute-rules.ts';

export const logfireAttributes: AttributeRules = {
  namespaces: ['logfire.*'],
  shared: ['request_data', 'response_data', 'events', 'all_messages_events', 'final_result'],
  facts: [
    'logfire.span_type',
    'logfire.level_num',
    'logfire.msg_template',
    'logfire.tags',
    'logfire.json_schema',
    'logfire.pending_parent_id',
    'logfire.exception.fingerprint',
    'logfire.sample_rate',
  ],
};
