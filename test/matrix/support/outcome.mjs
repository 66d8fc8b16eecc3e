/** What a call gave back or how it failed, as plain data that can be compared. */
export async function outcomeOf(call) {
  try {
    return { value: await call() };
  } catch (error) {
    const { name, status, code, type, param, message } = error;
    return { threw: error.constructor.name, name, status, code, type, param, message };
  }
}

/** More than any client takes from the request to the answer, on a machine of any speed. */
const TURNS = 500;

/** Until a request that nobody awaits was answered. The server is in this process, so its turns are those of the client. */
export async function goneOn(fake) {
  while (fake.requests.length === 0) await turn();
  for (let turns = 0; turns < TURNS; turns += 1) await turn();
  return 'gone on';
}

const turn = () => new Promise(setImmediate);

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
