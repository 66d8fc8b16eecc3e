import { signal } from '@preact/signals';
import { createClient } from '../gateway/api/client.ts';

/** The message of a request that brought no answer. */
export const NO_ANSWER = 'The gateway does not answer.';

/** The gateway needs its token, and this browser has no cookie for it, or one of an earlier start. */
export const isSignedOut = signal(false);

/** The gateway that served this page. The browser's cookie signs it in. */
export const api = createClient({
  async fetch(...request) {
    const answer = await fetch(...request).catch(() => {
      throw new Error(NO_ANSWER);
    });
    if (answer.status === 401) isSignedOut.value = true;
    return answer;
  },
});
