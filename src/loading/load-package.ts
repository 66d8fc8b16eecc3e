import { join } from 'node:path';
import { createRequire } from './node-module.ts';
import { moduleUrl } from './own-files.ts';

/**
 * Loads a package synchronously when it is first needed. In a bundle it is searched for next to the bundle, then next
 * to the application.
 * @throws when the package is not installed
 */
export function loadPackage(name: string): unknown {
  return requireFor(name)(name);
}

export function isPackageInstalled(name: string): boolean {
  try {
    requireFor(name);
    return true;
  } catch {
    return false;
  }
}

function requireFor(name: string): NodeJS.Require {
  const own = createRequire(moduleUrl);
  try {
    own.resolve(name);
    return own;
  } catch (error) {
    const application = createRequire(join(process.cwd(), 'index.js'));
    try {
      application.resolve(name);
    } catch {
      throw error;
    }
    return application;
  }
}
