/**
 * Who is measured. `module` begins it in the process that is measured; `options` go to its `begin`, `register` says that
 * the process is started with `--import spanport/register`, `environment` is added to the process.
 */
const spanport = (name, title, more = {}) => ({ name, title, kind: 'spanport', module: 'spanport', ...more });
const peer = (name, packages, more = {}) => ({
  name,
  title: packages.join(' + '),
  packages,
  kind: 'peer',
  module: name,
  ...more,
});

export const subjects = [
  { name: 'bare', title: 'openai alone', kind: 'yardstick', module: 'bare' },
  { name: 'floor', title: 'floor: one SDK span, no content', kind: 'yardstick', module: 'floor' },
  spanport('spanport', '**Spanport**, content on', { options: { held: true } }),
  spanport('spanport-context', 'Spanport, `withContext` around each call', {
    options: { held: true, withContext: true },
  }),
  spanport('spanport-third-party', 'Spanport on a third-party provider', { options: { held: true, thirdParty: true } }),
  spanport('spanport-disabled', 'Spanport, `OTEL_SDK_DISABLED`', {
    register: true,
    environment: { OTEL_SDK_DISABLED: 'true' },
    isSilent: true,
  }),
  spanport('spanport-off', 'Spanport, sampled out by its own provider', {
    register: true,
    environment: { OTEL_TRACES_SAMPLER: 'always_off', SPANPORT_DESTINATIONS: 'athina' },
    isSilent: true,
  }),
  spanport('spanport-off-third-party', 'Spanport, sampled out by a third-party provider', {
    register: true,
    options: { thirdParty: true, alwaysOff: true },
    environment: { SPANPORT_DESTINATIONS: 'athina' },
    isSilent: true,
  }),
  {
    name: 'floor-off',
    title: 'floor, sampled out',
    kind: 'yardstick',
    module: 'floor',
    options: { alwaysOff: true },
    isSilent: true,
  },
  peer('opentelemetry', ['@opentelemetry/instrumentation-openai']),
  peer('traceloop', ['@traceloop/instrumentation-openai']),
  peer('openinference', ['@arizeai/openinference-instrumentation-openai']),
  peer('openlit', ['openlit']),
  peer('langfuse', ['@langfuse/openai', '@langfuse/otel']),
  peer('langsmith', ['langsmith'], { hasOwnTransport: true }),
  peer('braintrust', ['braintrust'], { hasOwnTransport: true }),
];

/** The same with something at the other end: delivered, not dropped. */
export const delivering = [
  { name: 'bare', title: 'openai alone', kind: 'yardstick', module: 'bare' },
  { name: 'floor', title: 'floor, OTLP/JSON', kind: 'yardstick', module: 'floor' },
  spanport('spanport-otlp', '**Spanport**, `otlp=full`', {
    register: true,
    environment: { SPANPORT_DESTINATIONS: 'otlp', SPANPORT_CONTENT: 'otlp=full' },
  }),
  spanport('spanport-athina', '**Spanport**, `athina` (a request for each call, as its API wants)', {
    register: true,
    environment: { SPANPORT_DESTINATIONS: 'athina' },
  }),
  spanport('spanport-sync', 'Spanport, `athina`, spool with `durability: sync`', {
    register: true,
    environment: { SPANPORT_DESTINATIONS: 'athina', SPANPORT_DURABILITY: 'sync' },
    hasSpool: true,
  }),
  spanport('spanport-spool', 'Spanport, `athina`, spool', {
    register: true,
    environment: { SPANPORT_DESTINATIONS: 'athina' },
    hasSpool: true,
  }),
  ...subjects.filter(({ kind }) => kind === 'peer'),
];

/** For delays of the event loop: a destination that never answers, and a spool that writes each record at once. */
export const looping = [
  { name: 'bare', title: 'openai alone', kind: 'yardstick', module: 'bare' },
  spanport('spanport-athina', '**Spanport**, `athina`', {
    register: true,
    environment: { SPANPORT_DESTINATIONS: 'athina' },
  }),
  spanport('spanport-hanging', '**Spanport**, `athina` that accepts requests and never answers', {
    register: true,
    environment: { SPANPORT_DESTINATIONS: 'athina' },
    hangs: true,
    isSilent: true,
  }),
  spanport('spanport-spool', 'Spanport, `athina`, spool', {
    register: true,
    environment: { SPANPORT_DESTINATIONS: 'athina' },
    hasSpool: true,
  }),
  spanport('spanport-sync', 'Spanport, `athina`, spool with `durability: sync`', {
    register: true,
    environment: { SPANPORT_DESTINATIONS: 'athina', SPANPORT_DURABILITY: 'sync' },
    hasSpool: true,
  }),
];
