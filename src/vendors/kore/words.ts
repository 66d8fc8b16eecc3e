/** Kore's display words, and ours. Pure data with its two readings. */

const integrations: Readonly<Record<string, string>> = {
  openai: 'OpenAI',
  'azure.ai.openai': 'Azure OpenAI',
  anthropic: 'Anthropic',
};

export function integrationOf(provider: string): string {
  return Object.hasOwn(integrations, provider) ? (integrations[provider] ?? provider) : provider;
}

export function providerOf(integration: string): string {
  const known = Object.entries(integrations).find(([, word]) => word.toLowerCase() === integration.toLowerCase());
  return known ? known[0] : integration.toLowerCase();
}

/** What has a record, and which of Kore's features it most resembles. The last word is ours: Kore's log has none. */
const features: ReadonlyMap<string, string> = new Map([
  ['chat', 'GenAI Node'],
  ['text_completion', 'GenAI Node'],
  ['generate_content', 'GenAI Node'],
  ['invoke_agent', 'Agent Node'],
  ['embeddings', 'Embeddings'],
]);

/** Undefined for operations that Kore's log has no place for. */
export function featureOf(operation: string): string | undefined {
  return features.get(operation);
}

export function operationOf(feature: string | undefined): string {
  return feature === 'Embeddings' ? 'embeddings' : 'chat';
}
