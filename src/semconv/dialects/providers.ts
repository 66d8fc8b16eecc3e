/** Prefixes of the provider names that tracers use, and the names of the conventions. The first match is used. */
const providers: readonly (readonly [prefix: string, name: string])[] = [
  ['azure.ai.inference', 'azure.ai.inference'],
  ['az.ai.inference', 'azure.ai.inference'],
  ['az.ai.openai', 'azure.ai.openai'],
  ['azure', 'azure.ai.openai'],
  ['openai', 'openai'],
  ['anthropic', 'anthropic'],
  ['google.vertex', 'gcp.vertex_ai'],
  ['google-vertex', 'gcp.vertex_ai'],
  ['google_vertexai', 'gcp.vertex_ai'],
  ['vertex', 'gcp.vertex_ai'],
  ['google', 'gcp.gemini'],
  ['gemini', 'gcp.gemini'],
  ['amazon-bedrock', 'aws.bedrock'],
  ['bedrock', 'aws.bedrock'],
  ['aws', 'aws.bedrock'],
  ['mistral', 'mistral_ai'],
  ['xai', 'x_ai'],
  ['watsonx', 'ibm.watsonx.ai'],
  ['moonshot', 'moonshot_ai'],
  ['cohere', 'cohere'],
  ['deepseek', 'deepseek'],
  ['groq', 'groq'],
  ['perplexity', 'perplexity'],
];

/** The name of a provider in the conventions. An unknown name is returned in lower case. */
export function providerOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  const name = value.toLowerCase();
  const known = providers.find(([prefix]) => name.startsWith(prefix));
  return known ? known[1] : name;
}
