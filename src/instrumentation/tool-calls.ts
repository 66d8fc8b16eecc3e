import { type Context, trace } from '@opentelemetry/api';
import { BoundedMap } from '../bounded/bounded-map.ts';
import type { Facts, ToolExecution } from '../interaction/interaction.ts';
import { contextFields } from './context-fields.ts';
import type { Recorder } from './recorder.ts';

/** A function that a model asked for and nobody has answered yet, as far as this process saw. */
export interface OpenCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: unknown;
  /** The span that asked: the parent of whatever runs for it. */
  readonly asking: Context;
  /** Where it was asked: calls are only found by whoever runs in the same trace or conversation. */
  readonly scope: string;
  /** What the tool's span says of the agent and conversation that it runs for. */
  readonly facts: Facts;
  /** Unix milliseconds. */
  readonly since: number;
  /** How the application ran it, once {@link traceTool} has. */
  taken?: ToolExecution;
  isClaimed?: boolean;
}

const MAX_CALLS = 10_000;
const MAX_AGE_MILLIS = 60 * 60_000;

/** The tool calls that models asked for and that are not answered yet: those of one recorder. */
export class OpenCalls {
  readonly #calls = new BoundedMap<OpenCall>(MAX_CALLS, MAX_AGE_MILLIS);

  open(call: OpenCall): void {
    this.#calls.set(call.id, call);
  }

  /** The call was answered, or is not waited for any more. */
  close(id: string): void {
    this.#calls.delete(id);
  }

  get(id: string): OpenCall | undefined {
    return this.#calls.get(id);
  }

  /** The call of this id, if a model asked for it in this scope. */
  find(id: string, scope: string): OpenCall | undefined {
    const call = this.#calls.get(id);
    return call && isInScope(call, scope) ? call : undefined;
  }

  /** The oldest call of a function in this scope, with equal arguments, that `traceTool` has not claimed. */
  oldest(name: string, args: readonly unknown[], scope: string): OpenCall | undefined {
    const given = canonical(args.length === 1 ? args[0] : args);
    const first = canonical(args[0]);
    return this.#calls.values().find((call) => {
      if (call.name !== name || call.isClaimed || !isInScope(call, scope)) return false;
      const asked = canonical(call.arguments);
      return asked === given || asked === first;
    });
  }
}

/** The trace that is active, or else the conversation that the application named; '' where there is neither. */
export function scopeOf(active: Context, { options }: Recorder): string {
  return trace.getSpanContext(active)?.traceId ?? contextFields(active, options.baggage)?.conversationId ?? '';
}

/** A chat without an active span has no trace to share with its tools but the one that it made itself. */
function isInScope(call: OpenCall, scope: string): boolean {
  return call.scope === scope || trace.getSpanContext(call.asking)?.traceId === scope;
}

/** One text for equal arguments, whatever the order of their keys, and whether they are parsed yet or not. */
function canonical(value: unknown): string {
  if (typeof value === 'string') {
    try {
      return canonical(JSON.parse(value));
    } catch {
      return JSON.stringify(value);
    }
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '{}';
  try {
    const text = JSON.stringify(value, (_, item: unknown) =>
      typeof item === 'object' && item !== null && !Array.isArray(item)
        ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
        : item,
    );
    return text ?? '{}';
  } catch {
    return '';
  }
}
