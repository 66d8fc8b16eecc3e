import { runTraced } from '../tools.ts';
import type { Adaptation } from './observer.ts';
import { fieldOf } from './readers/parameters.ts';

type Tool = (...args: unknown[]) => unknown;

/** `runTools` asks the model and runs the application's functions in turn: each run has its span. */
export const toolRunners: readonly Adaptation[] = [
  { path: 'chat.completions.runTools', adapt: withTracedTools },
  { path: 'beta.chat.completions.runTools', adapt: withTracedTools },
];

function withTracedTools([body, ...rest]: readonly unknown[]): readonly unknown[] {
  const tools = fieldOf(body, 'tools');
  return Array.isArray(tools) ? [{ ...(body as object), tools: tools.map(tracedTool) }, ...rest] : [body, ...rest];
}

/** A definition like the given one, hidden properties included, whose function makes a span of each run. */
function tracedTool(definition: unknown): unknown {
  const told = fieldOf(definition, 'function');
  const tool = fieldOf(told, 'function');
  const callback = fieldOf(definition, '$callback');
  const givenName = fieldOf(told, 'name');
  // The SDK's own helpers for schemas keep the function beside the definition.
  if (typeof callback === 'function')
    return like(definition as object, '$callback', traced(callback as Tool, givenName));
  if (typeof tool !== 'function') return definition;
  return like(definition as object, 'function', like(told as object, 'function', traced(tool as Tool, givenName)));
}

function like(original: object, name: string, value: unknown): object {
  const copy = Object.create(Object.getPrototypeOf(original), Object.getOwnPropertyDescriptors(original)) as object;
  return Object.defineProperty(copy, name, { ...Object.getOwnPropertyDescriptor(original, name), value });
}

/** The runner takes the name of a function where its definition has none. */
function traced(tool: Tool, givenName: unknown): Tool {
  const name = typeof givenName === 'string' && givenName !== '' ? givenName : tool.name;
  function traced(this: unknown, ...args: unknown[]): unknown {
    // The model gave the first argument; the runner and the application's own context come after it.
    return runTraced(name, args.slice(0, 1), () => tool.apply(this, args));
  }
  Object.defineProperty(traced, 'length', { value: tool.length, configurable: true });
  return Object.defineProperty(traced, 'name', { value: tool.name, configurable: true });
}
