/** The number rises when the shape of anything under it changes: copies with another number do not share. */
const STATE: unique symbol = Symbol.for('spanport.state.1');

/**
 * State that is one per process, although the process may hold several copies of this package: bundles, nested versions.
 * @param create called by the first copy that asks
 */
export function sharedState<T extends object>(name: string, create: () => T): T {
  const holder = globalThis as { [STATE]?: Map<string, object> };
  if (!holder[STATE]) Object.defineProperty(holder, STATE, { value: new Map() });
  const states = holder[STATE] as Map<string, object>;
  const state = (states.get(name) ?? create()) as T;
  states.set(name, state);
  return state;
}
