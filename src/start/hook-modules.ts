import { readFileSync } from 'node:fs';
import module, { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { diag } from '@opentelemetry/api';

/**
 * Lets `import 'openai'` reach the instrumentation in ESM applications; `require` needs no more than the
 * instrumentation itself. Only that one module is hooked.
 */
export function hookModules(): void {
  const installed = installedOpenAI();
  if (installed?.startsWith('4.')) {
    // Its runtime shims are evaluated twice under any import hook, and then refuse to work.
    diag.warn(
      `spanport: openai ${installed} cannot be hooked in ESM applications: call instrumentOpenAI(client) there, or move to openai 5`,
    );
    return;
  }
  const require = requireOfInstrumentation();
  const { supportsSyncHooks } = require('import-in-the-middle/supports-sync-hooks.mjs') as SyncHooksSupport;
  const hooks = { include: ['openai'] };
  if (supportsSyncHooks()) (require('import-in-the-middle/register-hooks.mjs') as SyncHooks).register(hooks);
  else module.register(pathToFileURL(require.resolve('import-in-the-middle/hook.mjs')).href, { data: hooks });
}

interface SyncHooksSupport {
  supportsSyncHooks(): boolean;
}
interface SyncHooks {
  register(options: { readonly include: readonly string[] }): void;
}

/** The hook has to be of the same copy of import-in-the-middle as the instrumentation listens to. */
function requireOfInstrumentation(): NodeJS.Require {
  const here = createRequire(import.meta.url);
  return createRequire(here.resolve('@opentelemetry/instrumentation'));
}

/** The version that the application's main script finds; undefined when it finds none. */
function installedOpenAI(): string | undefined {
  const main = process.argv[1] ?? join(process.cwd(), 'index.js');
  try {
    let directory = dirname(createRequire(pathToFileURL(main)).resolve('openai'));
    for (;;) {
      const found = versionIn(directory);
      if (found !== undefined) return found;
      if (dirname(directory) === directory) return undefined;
      directory = dirname(directory);
    }
  } catch {
    return undefined;
  }
}

function versionIn(directory: string): string | undefined {
  try {
    const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as {
      name?: unknown;
      version?: unknown;
    };
    return manifest.name === 'openai' && typeof manifest.version === 'string' ? manifest.version : undefined;
  } catch {
    return undefined;
  }
}
