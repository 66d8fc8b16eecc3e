import { OPERATION, type OperationKind, operationKind } from '../../interaction/operation.ts';

/** Display names of Kore and our values for them. */

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

/** Which of Kore's features each kind of operation resembles most. The last name is ours: Kore's log has no embeddings. */
const features: { readonly [K in OperationKind]?: string } = {
  inference: 'GenAI Node',
  agent: 'Agent Node',
  embeddings: 'Embeddings',
};

/** Kore's own web channel: the default. */
export const DEFAULT_CHANNEL = 'rtm';

/** Undefined for operations that Kore's log has no place for. */
export function featureOf(operation: string): string | undefined {
  const kind = operationKind(operation);
  return kind && features[kind];
}

/** The operations that have a record. */
export const operationsWithRecord: readonly string[] = Object.values(OPERATION).filter(
  (operation) => featureOf(operation) !== undefined,
);

/** The operations whose feature has this name, in any case. */
export function operationsOf(feature: string): readonly string[] {
  const name = feature.toLowerCase();
  return operationsWithRecord.filter((operation) => featureOf(operation)?.toLowerCase() === name);
}

export function operationOf(feature: string | undefined): string {
  return feature === features.embeddings ? OPERATION.embeddings : OPERATION.chat;
}
