/** What all programs share: Spanport on its public surface, and one span per record. */
export const settings = JSON.parse(process.argv[2]);

const { start } = settings.bare ? {} : await import(settings.index);

/** Warnings and errors that `diag` got, if `settings.warnings` is set. */
export const warnings = [];
if (settings.warnings) {
  const { diag, DiagLogLevel } = await import('@opentelemetry/api');
  const keep = (...parts) => warnings.push(parts.join(' '));
  const ignore = () => {};
  const logger = { error: keep, warn: keep, info: ignore, debug: ignore, verbose: ignore };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN });
}

/** @returns the handle of `start`, with Athina as the one destination unless `settings.destinations` says otherwise */
export function startTracing() {
  const { url, dir, durability, maxBytes, destinations, apiKey = 'faults-key' } = settings;
  return start({
    destinations: destinations ?? [{ name: 'athina', apiKey, baseUrl: url }],
    ...(dir && { spool: { dir, durability, ...(maxBytes && { maxBytes }) } }),
  });
}

/** Ends spans of chats: the marker is the conversation, so that the record's own id stays Spanport's choice. */
export function spanMaker(handle) {
  const tracer = handle.tracerProvider.getTracer('faults');
  return (marker, text = `text of ${marker}`) => {
    const message = (role) => JSON.stringify([{ role, parts: [{ type: 'text', content: text }] }]);
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o-mini',
      'gen_ai.conversation.id': marker,
      'gen_ai.input.messages': message('user'),
      'gen_ai.output.messages': message('assistant'),
    };
    tracer.startSpan('chat gpt-4o-mini', { attributes }).end();
  };
}

export const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

/** Resolves when the parent closes stdin. */
export function untilTold() {
  return new Promise((resolve) => process.stdin.on('end', resolve).resume());
}

export const print = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
