import type { Environment } from '../../configuration/environment.ts';

/** Where chat goes, and why. */
export interface ModelEndpoint {
  readonly baseURL: string;
  readonly apiKey: string;
  /** One sentence for people. */
  readonly why: string;
  readonly isFake: boolean;
}

const OPENAI = 'https://api.openai.com/v1';

/**
 * The user's own model where the environment names one and it answers, else the embedded server. One short request asks
 * it before anything is traced, so that a key that fails leaves no half of a conversation behind.
 */
export async function chooseModel(
  { OPENAI_API_KEY, OPENAI_BASE_URL }: Environment,
  model: string,
  fake: string,
): Promise<ModelEndpoint> {
  const embedded = (why: string): ModelEndpoint => ({ baseURL: fake, apiKey: 'fake', why, isFake: true });
  if (!OPENAI_API_KEY && !OPENAI_BASE_URL) return embedded('an embedded fake server: OPENAI_API_KEY is not set.');

  const baseURL = (OPENAI_BASE_URL || OPENAI).replace(/\/+$/, '');
  const apiKey = OPENAI_API_KEY || 'none';
  const failure = await tryChat(baseURL, apiKey, model);
  return failure
    ? embedded(`an embedded fake server, because your model failed: ${failure}`)
    : { baseURL, apiKey, why: `${new URL(baseURL).host}, with your key.`, isFake: false };
}

/** What went wrong, as a sentence that holds no key; undefined when the model answered. */
async function tryChat(baseURL: string, apiKey: string, model: string): Promise<string | undefined> {
  if (!URL.canParse(baseURL)) return 'OPENAI_BASE_URL is not a valid URL.';
  const { host } = new URL(baseURL);
  try {
    const response = await fetch(`${baseURL}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Say ok.' }] }),
      signal: AbortSignal.timeout(5_000),
    });
    await response.body?.cancel();
    return response.ok ? undefined : `${host} answered HTTP ${response.status} for ${model} and your key.`;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const reason = cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : 'unknown';
    return `${host} could not be reached (${reason}).`;
  }
}
