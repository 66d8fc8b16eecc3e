/** How long a request may take, from its start to the last byte of the response, where no other time is set. */
export const DEFAULT_REQUEST_MILLIS = 30_000;
