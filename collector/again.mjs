import { setTimeout as sleep } from 'node:timers/promises';

const ATTEMPTS = 3;
const PAUSE_MILLIS = 10_000;

/**
 * Fetches something from a registry, again where that failed: what it has fetched so far is kept by the tool that does it.
 * A command that is not there stays away.
 *
 * @template T
 * @param {string} what in the report of a failure
 * @param {() => Promise<T>} fetchIt
 * @returns {Promise<T>}
 */
export async function againIfItFails(what, fetchIt) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await fetchIt();
    } catch (error) {
      if (attempt === ATTEMPTS || error.isMissing) throw error;
      process.stderr.write(`${what} failed, and is tried again: ${error.message}\n`);
      await sleep(attempt * PAUSE_MILLIS);
    }
  }
}

/** @param {string} message */
export function missingCommand(message) {
  return Object.assign(new Error(message), { isMissing: true });
}
