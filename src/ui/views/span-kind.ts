import type { Span } from '../../gateway/api/routes.ts';

export type SpanKindName = 'chat' | 'tool' | 'run' | 'embeddings' | 'retrieval' | 'http' | 'span';

/** What a span is drawn as. Without attributes, as of very long traces, its name has to tell. */
export function kindOf({ operation, attributes, name }: Span): SpanKindName {
  if (operation === 'execute_tool') return 'tool';
  if (operation === 'invoke_agent' || operation === 'create_agent' || operation === 'invoke_workflow') return 'run';
  if (operation === 'embeddings') return 'embeddings';
  if (operation === 'retrieval') return 'retrieval';
  if (operation !== undefined) return 'chat';
  if ('db.system' in attributes || 'db.system.name' in attributes) return 'retrieval';
  if ('http.request.method' in attributes || 'http.method' in attributes) return 'http';
  return /^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\b/.test(name) ? 'http' : 'span';
}
