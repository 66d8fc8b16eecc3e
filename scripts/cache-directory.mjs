import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where built servers and fetched programs of the checks are kept between runs, outside the checkout. */
export function cacheDirectory(env = process.env) {
  return env.SPANPORT_CACHE_DIR || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'spanport');
}
