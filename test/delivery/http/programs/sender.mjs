/**
 * An application that starts Spanport, ends the requested number of spans, each after the last one was delivered, and then
 * has nothing left to do.
 *
 * Usage: node sender.mjs URL SPANS
 */
import { start } from 'spanport';

const [url, spans] = process.argv.slice(2);
const handle = start({ destinations: [{ name: 'otlp', url }] });
const tracer = handle.tracerProvider.getTracer('test');
for (let each = 0; each < Number(spans); each += 1) {
  if (each > 0) await handle.forceFlush();
  tracer.startSpan('chat').end();
}
