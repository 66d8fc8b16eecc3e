/** Tracing is on, with what it sends thrown away. */
export const sentryOptions = () => ({
  dsn: 'http://public@127.0.0.1:9/1',
  tracesSampleRate: 1,
  transport: () => ({ send: async () => ({}), flush: async () => true }),
});
