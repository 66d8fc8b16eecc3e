import type { Answer } from '../../delivery/delivery.ts';
import type { InkeepOptions } from './options.ts';
import type { InkeepPayload } from './payload.ts';

/** A request that reads. */
export interface RemoteRequest {
  readonly method: 'GET';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * What asks Inkeep for a conversation as it stands there, for a writer that may not have seen all of it. The key has to
 * be an API integration's: the others write only. Undefined for what is no conversation.
 */
export function remoteRequest(payload: InkeepPayload, { url, apiKey }: InkeepOptions): RemoteRequest | undefined {
  if (payload.path !== '/conversations' || payload.body.id === undefined) return undefined;
  return {
    method: 'GET',
    url: `${url}/conversations/${encodeURIComponent(payload.body.id)}`,
    headers: { accept: 'application/json', authorization: `Bearer ${apiKey}` },
  };
}

/** The answer as a payload to merge with; undefined where Inkeep knows no such conversation or says nothing readable. */
export async function remoteState({ status, body }: Answer): Promise<InkeepPayload | undefined> {
  if (status !== 200) return undefined;
  const { inkeepPayload } = await import('./payload.ts');
  try {
    const read = inkeepPayload.safeParse({ path: '/conversations', body: JSON.parse(body) as unknown });
    return read.success ? read.data : undefined;
  } catch {
    return undefined;
  }
}
