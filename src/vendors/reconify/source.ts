/** What only Reconify's own payload says, in an interaction's `source`. */
export const SOURCE = {
  version: 'reconify.version',
  sessionTimeout: 'reconify.session_timeout_min',
  /** The thread of a run whose conversation is a session; '' for none. */
  threadId: 'reconify.thread_id',
} as const;
