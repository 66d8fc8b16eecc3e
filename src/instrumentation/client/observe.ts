import type { Context } from '@opentelemetry/api';
import { diag } from '../../diagnostics/diag.ts';
import { activeRecorders } from '../active-recorders.ts';
import type { Call, CallObserver, CallOutcome, Operation } from './observer.ts';

/** Creates an observer of the call for each provider that recorders use, combined into a single object. */
export function observe(operation: Operation, call: Call): CallObserver | undefined {
  const recorders = activeRecorders.current();
  const recorder = recorders[0];
  if (recorders.length === 1 && recorder) return operation.observe(call, recorder);
  const observers: CallObserver[] = [];
  for (const each of recorders) {
    attempt(() => {
      const observer = operation.observe(call, each);
      if (observer) observers.push(observer);
    });
  }
  return observers.length > 1 ? new ObserverGroup(observers) : observers[0];
}

/** Several observers of one call. If one of them throws, the others still run. */
class ObserverGroup implements CallObserver {
  readonly #observers: readonly CallObserver[];

  constructor(observers: readonly CallObserver[]) {
    this.#observers = observers;
  }

  /** Only one span can be active. */
  get context(): Context | undefined {
    for (const observer of this.#observers) {
      const { context } = observer;
      if (context) return context;
    }
    return undefined;
  }

  takeArgs(): readonly unknown[] | undefined {
    let taken: readonly unknown[] | undefined;
    for (const observer of this.#observers) taken = observer.takeArgs?.() ?? taken;
    return taken;
  }

  value(value: unknown): void {
    for (const observer of this.#observers) attempt(() => observer.value?.(value));
  }

  chunk(chunk: unknown): 'hide' | undefined {
    let hide: 'hide' | undefined;
    for (const observer of this.#observers) {
      attempt(() => {
        hide = observer.chunk?.(chunk) ?? hide;
      });
    }
    return hide;
  }

  end(outcome: CallOutcome): void {
    for (const observer of this.#observers) attempt(() => observer.end(outcome));
  }
}

function attempt(report: () => void): void {
  try {
    report();
  } catch (error) {
    diag.error('spanport: a call could not be observed', error);
  }
}
