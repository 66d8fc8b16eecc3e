import type { Facts } from '../../interaction/interaction.ts';
import type { Client } from '../client/observer.ts';

/** Hosts of the providers that the conventions name. Source: semantic-conventions-genai, gen_ai.provider.name. */
const providers: readonly (readonly [host: RegExp, provider: string])[] = [
  [/(^|\.)(openai|cognitiveservices|services\.ai)\.azure\.(com|us|cn)$/, 'azure.ai.openai'],
  [/(^|\.)groq\.com$/, 'groq'],
  [/(^|\.)deepseek\.com$/, 'deepseek'],
  [/(^|\.)x\.ai$/, 'x_ai'],
  [/(^|\.)mistral\.ai$/, 'mistral_ai'],
  [/(^|\.)perplexity\.ai$/, 'perplexity'],
  [/(^|\.)moonshot\.(ai|cn)$/, 'moonshot_ai'],
  [/(^|\.)anthropic\.com$/, 'anthropic'],
  [/(^|\.)generativelanguage\.googleapis\.com$/, 'gcp.gemini'],
  [/(^|\.)aiplatform\.googleapis\.com$/, 'gcp.vertex_ai'],
  [/(^|\.)cohere\.(ai|com)$/, 'cohere'],
];

const servers = new WeakMap<object, { readonly baseURL: string; readonly facts: Facts }>();

/** The provider, address and port that a client sends its calls to. An unknown host counts as `openai`. */
export function serverOf(client: Client): Facts {
  const { baseURL = '' } = client;
  const known = servers.get(client);
  if (known?.baseURL === baseURL) return known.facts;
  const facts = serverFrom(baseURL, 'deploymentName' in client || 'apiVersion' in client);
  servers.set(client, { baseURL, facts });
  return facts;
}

function serverFrom(baseURL: string, isAzureClient: boolean): Facts {
  const url = URL.canParse(baseURL) ? new URL(baseURL) : undefined;
  const provider = isAzureClient
    ? 'azure.ai.openai'
    : (providers.find(([host]) => host.test(url?.hostname ?? ''))?.[1] ?? 'openai');
  if (!url) return { provider };
  return {
    provider,
    // A URL writes an IPv6 address in brackets, `server.address` does not.
    serverAddress: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    serverPort: Number(url.port) || (url.protocol === 'http:' ? 80 : 443),
  };
}
