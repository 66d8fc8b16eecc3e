/** Values of a payload that an interaction has no field for, by their name in `source`. */
export const SOURCE = {
  version: 'reconify.version',
  sessionTimeout: 'reconify.session_timeout_min',
  /** The thread of a run whose conversation is a session; '' for none. */
  threadId: 'reconify.thread_id',
} as const;
