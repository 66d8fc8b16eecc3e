import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import { type Context, type ContextManager, ROOT_CONTEXT } from '@opentelemetry/api';

type Callback = (...args: unknown[]) => unknown;

const ADD_METHODS = ['addListener', 'on', 'once', 'prependListener', 'prependOnceListener'] as const;
const REMOVE_METHODS = ['removeListener', 'off'] as const;

/**
 * The context manager for processes in which none is registered. It does the same as OpenTelemetry's own, which is
 * published as CommonJS only, so bundlers that write ES modules cannot include it.
 */
export class AsyncContextManager implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();
  readonly #bound = new WeakSet<EventEmitter>();

  active(): Context {
    return this.#storage.getStore() ?? ROOT_CONTEXT;
  }

  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    context: Context,
    fn: F,
    thisArg?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    const callback = thisArg === undefined ? fn : fn.bind(thisArg);
    return this.#storage.run(context, callback as (...args: A) => ReturnType<F>, ...args);
  }

  bind<T>(context: Context, target: T): T {
    if (target instanceof EventEmitter) this.#bindEmitter(context, target);
    else if (typeof target === 'function') return this.#bindFunction(context, target as unknown as Callback) as T;
    return target;
  }

  enable(): this {
    return this;
  }

  disable(): this {
    this.#storage.disable();
    return this;
  }

  #bindFunction(context: Context, target: Callback): Callback {
    const manager = this;
    const bound = function (this: unknown, ...args: unknown[]): unknown {
      return manager.with(context, () => target.apply(this, args));
    };
    Object.defineProperty(bound, 'length', { value: target.length, configurable: true });
    return bound;
  }

  /** Makes listeners run in the context that the emitter was bound to. */
  #bindEmitter(context: Context, emitter: EventEmitter): void {
    if (this.#bound.has(emitter)) return;
    this.#bound.add(emitter);
    const wrappers = new WeakMap<Callback, Callback>();
    const methods = emitter as unknown as Record<string, (event: string | symbol, listener: Callback) => EventEmitter>;
    let isAdding = false;
    for (const name of ADD_METHODS) {
      const add = methods[name];
      if (!add) continue;
      methods[name] = (event, listener) => {
        // `once` calls `on` internally: the outer call has already wrapped the listener.
        if (isAdding) return add.call(emitter, event, listener);
        const wrapper = wrappers.get(listener) ?? this.#bindFunction(context, listener);
        wrappers.set(listener, wrapper);
        isAdding = true;
        try {
          return add.call(emitter, event, wrapper);
        } finally {
          isAdding = false;
        }
      };
    }
    for (const name of REMOVE_METHODS) {
      const remove = methods[name];
      if (remove) methods[name] = (event, listener) => remove.call(emitter, event, wrappers.get(listener) ?? listener);
    }
  }
}
