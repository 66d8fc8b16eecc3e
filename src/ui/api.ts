import { createClient } from '../gateway/api/client.ts';

/** The gateway that served this page. The browser's cookie signs it in. */
export const api = createClient();
