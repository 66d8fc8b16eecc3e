import { activeRecorders } from '../active-recorders.ts';
import type { Adaptation } from '../client/observer.ts';
import { runTraced } from '../trace-tool.ts';
import { readToolHistory } from './readers/chat.ts';
import { fieldOf } from './readers/parameters.ts';

type Tool = (...args: unknown[]) => unknown;

/** `runTools` calls the model and the application's functions alternately. Each call of a function gets a span. */
export const toolRunners: readonly Adaptation[] = [
  { path: 'chat.completions.runTools', adapt: withTracedTools },
  { path: 'beta.chat.completions.runTools', adapt: withTracedTools },
  { path: 'beta.chat.completions.runFunctions', adapt: withTracedFunctions },
];

/** openai 4 passes the functions themselves as definitions. */
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

/** A copy of a definition, including hidden properties, whose function makes a span for each call. */
function tracedTool(definition: unknown): unknown {
  const nested = fieldOf(definition, 'function');
  const callback = fieldOf(definition, '$callback');
  // The SDK's own helpers for schemas store the function next to the definition.
  if (typeof callback === 'function')
    return like(definition as object, '$callback', traced(callback as Tool, fieldOf(nested, 'name')));
  const withFunction = tracedFunction(nested);
  return withFunction === nested ? definition : like(definition as object, 'function', withFunction);
}

function tracedFunction(definition: unknown): unknown {
  const tool = fieldOf(definition, 'function');
  if (typeof tool !== 'function') return definition;
  return like(definition as object, 'function', traced(tool as Tool, fieldOf(definition, 'name')));
}

function like(original: object, name: string, value: unknown): object {
  const properties: PropertyDescriptorMap = Object.getOwnPropertyDescriptors(original);
  // Set before the copy is created, because a property of a frozen definition could not be set afterwards.
  properties[name] = { value, writable: true, configurable: true, enumerable: properties[name]?.enumerable ?? true };
  return Object.create(Object.getPrototypeOf(original) as object | null, properties) as object;
}

/** The runner uses the function's own name if its definition has none. */
function traced(tool: Tool, definedName: unknown): Tool {
  const name = typeof definedName === 'string' && definedName !== '' ? definedName : tool.name;
  function traced(this: unknown, ...args: unknown[]): unknown {
    // The first argument comes from the model; the second is the runner, which has the conversation.
    const history = readToolHistory({ messages: fieldOf(args[1], 'messages'), tools: [] });
    return runTraced(name, args.slice(0, 1), () => tool.apply(this, args), history && { history });
  }
  Object.defineProperty(traced, 'length', { value: tool.length, configurable: true });
  return Object.defineProperty(traced, 'name', { value: tool.name, configurable: true });
}
