import { type Context, ROOT_CONTEXT, type Span, trace } from '@opentelemetry/api';

/**
 * The context of a call whose span is made when it is first read. The SDK needs longer for a span than the rest of a
 * call takes, and only an instrumentation of HTTP, or an application that changes the active span, ever reads it.
 */
export class CallContext implements Context {
  readonly #outer: Context;
  readonly #source: { readonly span: Span | undefined };

  constructor(outer: Context, source: { readonly span: Span | undefined }) {
    this.#outer = outer;
    this.#source = source;
  }

  getValue(key: symbol): unknown {
    return key === spanKey ? this.#source.span : this.#outer.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    const outer = this.#outer.setValue(key, value);
    return key === spanKey ? outer : new CallContext(outer, this.#source);
  }

  deleteValue(key: symbol): Context {
    const outer = this.#outer.deleteValue(key);
    return key === spanKey ? outer : new CallContext(outer, this.#source);
  }
}

/** The key under which this version of the API finds the active span. The API does not export it. */
const spanKey = findSpanKey();

function findSpanKey(): symbol | undefined {
  let found: symbol | undefined;
  const probe: Context = {
    getValue: () => undefined,
    setValue: (key) => {
      found = key;
      return ROOT_CONTEXT;
    },
    deleteValue: () => ROOT_CONTEXT,
  };
  trace.setSpanContext(probe, { traceId: '', spanId: '', traceFlags: 0 });
  return found;
}
