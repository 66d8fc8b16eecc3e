import { activeRecorders } from '../active-recorders.ts';
import type { Adaptation } from '../client/observer.ts';
import { runTraced } from '../trace-tool.ts';
import { readToolHistory } from './readers/chat.ts';
import { fieldOf } from './readers/parameters.ts';

type Tool = (...args: unknown[]) => unknown;

/** `runTools` asks the model and runs the application's functions in turn: each run has its span. */
export const toolRunners: readonly Adaptation[] = [
  { path: 'chat.completions.runTools', adapt: withTracedTools },
  { path: 'beta.chat.completions.runTools', adapt: withTracedTools },
  { path: 'beta.chat.completions.runFunctions', adapt: withTracedFunctions },
];

/** Of openai 4: the definitions are the functions themselves. */
function withTracedFunctions([body, ...rest]: readonly unknown[]): readonly unknown[] {
  const functions = fieldOf(body, 'functions');
  if (!activeRecorders.isWatching || !Array.isArray(functions)) return [body, ...rest];
  return [{ ...(body as object), functions: functions.map(tracedFunction) }, ...rest];
}

function withTracedTools([body, ...rest]: readonly unknown[]): readonly unknown[] {
  if (!activeRecorders.isWatching) return [body, ...rest];
  const tools = fieldOf(body, 'tools');
  return Array.isArray(tools) ? [{ ...(body as object), tools: tools.map(tracedTool) }, ...rest] : [body, ...rest];
}

/** A definition like the given one, hidden properties included, whose function makes a span of each run. */
function tracedTool(definition: unknown): unknown {
  const told = fieldOf(definition, 'function');
  const callback = fieldOf(definition, '$callback');
  // The SDK's own helpers for schemas keep the function beside the definition.
  if (typeof callback === 'function')
    return like(definition as object, '$callback', traced(callback as Tool, fieldOf(told, 'name')));
  const withFunction = tracedFunction(told);
  return withFunction === told ? definition : like(definition as object, 'function', withFunction);
}

function tracedFunction(told: unknown): unknown {
  const tool = fieldOf(told, 'function');
  if (typeof tool !== 'function') return told;
  return like(told as object, 'function', traced(tool as Tool, fieldOf(told, 'name')));
}

function like(original: object, name: string, value: unknown): object {
  const properties: PropertyDescriptorMap = Object.getOwnPropertyDescriptors(original);
  // In the copy before it is made: a property of a frozen definition could not be set any more.
  properties[name] = { value, writable: true, configurable: true, enumerable: properties[name]?.enumerable ?? true };
  return Object.create(Object.getPrototypeOf(original) as object | null, properties) as object;
}

/** The runner takes the name of a function where its definition has none. */
function traced(tool: Tool, givenName: unknown): Tool {
  const name = typeof givenName === 'string' && givenName !== '' ? givenName : tool.name;
  function traced(this: unknown, ...args: unknown[]): unknown {
    // The model gave the first argument; the runner, which has the conversation, comes after it.
    const history = readToolHistory({ messages: fieldOf(args[1], 'messages'), tools: [] });
    return runTraced(name, args.slice(0, 1), () => tool.apply(this, args), history && { history });
  }
  Object.defineProperty(traced, 'length', { value: tool.length, configurable: true });
  return Object.defineProperty(traced, 'name', { value: tool.name, configurable: true });
}
