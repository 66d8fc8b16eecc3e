/** The environment without what would configure Spanport, OpenTelemetry, openai, a vendor or Node from outside. */
export function cleanEnvironment(env = process.env) {
  const configuring = /^(SPANPORT|OTEL|OPENAI|ATHINA|RECONIFY|INKEEP|INKEEPANALYTICS|REQUESTY|KORE|NODE|VITEST)_/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !configuring.test(name)));
}
