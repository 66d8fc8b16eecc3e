/** The number increases when the type of any shared state changes. Copies with different numbers share nothing. */
const STATE: unique symbol = Symbol.for('spanport.state.1');

/**
 * State that exists once per process, even if the process contains several copies of this package, such as bundles and
 * nested versions.
 * @param create called by the first copy that needs the state
 */
export function sharedState<T extends object>(name: string, create: () => T): T {
  const holder = globalThis as { [STATE]?: Map<string, object> };
  if (!holder[STATE]) Object.defineProperty(holder, STATE, { value: new Map() });
  const states = holder[STATE] as Map<string, object>;
  const state = (states.get(name) ?? create()) as T;
  states.set(name, state);
  return state;
}
