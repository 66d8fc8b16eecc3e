import { readFileSync } from 'node:fs';

const FLAGS = ['--import', '--require', '-r', '--loader', '--experimental-loader'];

/**
 * Whether Node's options load this package before the application: directly, or by a file that mentions it. Otherwise
 * the application's own modules import it, and its ES modules were linked as a whole before anything could run.
 */
export function isPreloaded(): boolean {
  const options = [...process.execArgv, ...(process.env['NODE_OPTIONS']?.split(/\s+/) ?? [])];
  return options.some((option, index) => {
    const [flag = '', value = options[index + 1]] = option.split('=', 2);
    return FLAGS.includes(flag) && value !== undefined && mentionsPackage(value);
  });
}

/** The package by name, or its file: the path of a project may have the name in it as well. */
const PACKAGE = /^spanport(\/|$)|[\\/]node_modules[\\/]spanport[\\/]|[\\/]dist[\\/](node[\\/]|cjs[\\/])?register\.js$/;

function mentionsPackage(preload: string): boolean {
  if (PACKAGE.test(preload)) return true;
  try {
    return readFileSync(preload.startsWith('file:') ? new URL(preload) : preload, 'utf8').includes('spanport');
  } catch {
    // The name of another package.
    return false;
  }
}
