import { diag } from '../../diagnostics/diag.ts';
import { hookModules, type ImportModule, importPackages, type OnLoaded } from '../../loading/module-hook.ts';
import { activeRecorders } from '../active-recorders.ts';
import { patchClass } from '../client/patch.ts';
import { operations } from './operations.ts';
import { openaiPackage } from './package.ts';
import { toolRunners } from './run-tools-helper.ts';

/** Instruments every copy of `openai` that the process loads, and the CommonJS ones that it has loaded. */
export function hookOpenAI(): void {
  hookModules([openaiPackage], onLoaded);
}

/** Loads and instruments the ES modules of `openai` that the application's main module reaches. */
export async function importOpenAI(importModule: ImportModule): Promise<void> {
  await importPackages([openaiPackage], importModule, onLoaded);
}

const onLoaded: OnLoaded = (_name, openai, version) => instrumentModule(openai, version);

/** Instruments what `openai` exports, from whichever of its files. A second call is harmless. */
export function instrumentModule(openai: unknown, version: string | undefined): void {
  diag.debug(`spanport: instrumenting openai ${version ?? ''}`);
  if (version !== undefined && !isTested(version))
    diag.warn(`spanport: openai ${version} is outside the versions that are tested (4.55 to 7)`);
  const clientClass = clientClassIn(openai);
  // Other files of the package export functions as well: what makes no clients is left alone.
  if (clientClass) patchClass(clientClass, operations, toolRunners);
  else diag.warn('spanport: this openai exports no client class; no spans will be made');
}

/** The class among what a module exports. In CommonJS `require('openai')` is a function that has the class as a property. */
function clientClassIn(openai: unknown): object | undefined {
  const { OpenAI, default: main } = (openai ?? {}) as { OpenAI?: unknown; default?: unknown };
  return [OpenAI, main, openai].find((candidate): candidate is object => typeof candidate === 'function');
}

/** What the matrix runs. Other versions are instrumented as far as they look the same. */
function isTested(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major === 4 ? minor >= 55 : major > 4 && major < 8;
}

/**
 * Instruments a client, or the class that makes clients, where no module hook reaches: bundlers, test runners, a module
 * that imports `openai` before anything was started. A second call is harmless.
 * @returns its argument
 */
export function instrumentOpenAI<T extends object>(clientOrClass: T): T {
  if ((typeof clientOrClass !== 'object' && typeof clientOrClass !== 'function') || clientOrClass === null)
    throw new TypeError(
      `instrumentOpenAI() got ${String(clientOrClass)}: pass an OpenAI client, or the class that you make clients with.`,
    );
  const clientClass = clientClassIn(clientOrClass) ?? clientOrClass.constructor;
  activeRecorders.enableDefault();
  if (patchClass(clientClass, operations, toolRunners) === 0)
    diag.warn('spanport: this openai has none of the methods that are instrumented; no spans will be made');
  return clientOrClass;
}
