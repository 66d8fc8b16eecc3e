/** What a call gave back or how it failed, as plain data that can be compared. */
export async function outcomeOf(call) {
  try {
    return { value: await call() };
  } catch (error) {
    const { name, status, code, type, param, message } = error;
    return { threw: error.constructor.name, name, status, code, type, param, message };
  }
}

/** The chunks, or items, in their order. */
export async function chunksOf(source) {
  const chunks = [];
  for await (const chunk of source) chunks.push(chunk);
  return chunks;
}

/** What an object is and can do, by what applications and the SDK itself ask it. */
export function lookOf(value) {
  const can = (name) => (typeof value[name] === 'function' ? [name] : []);
  return {
    is: value.constructor.name,
    can: ['then', 'withResponse', 'asResponse', '_thenUnwrap', 'iterator', 'tee', 'toReadableStream'].flatMap(can),
    controller: value.controller?.constructor.name,
  };
}

/** The same of the SDK's helpers, which emit events. */
export function helpersOf(value) {
  const can = (name) => (typeof value[name] === 'function' ? [name] : []);
  return {
    is: value.constructor.name,
    can: ['on', 'once', 'off', 'emitted', 'done', 'abort', 'finalContent', 'finalMessage', 'finalRun'].flatMap(can),
  };
}
