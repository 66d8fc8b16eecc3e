import { diag } from '../../diagnostics/diag.ts';
import { hookModules, type ImportModule, importPackages, type OnLoaded } from '../../loading/module-hook.ts';
import { activeRecorders } from '../active-recorders.ts';
import { patchClass } from '../client/patch.ts';
import { operations } from './operations.ts';
import { openaiPackage } from './package.ts';
import { toolRunners } from './run-tools-helper.ts';

/** Instruments every copy of `openai` that the process loads, and the CommonJS copies that are already loaded. */
export function hookOpenAI(): void {
  hookModules([openaiPackage], onLoaded);
}

/** Loads and instruments the ES modules of `openai` that the application's main module reaches. */
export async function importOpenAI(importModule: ImportModule): Promise<void> {
  await importPackages([openaiPackage], importModule, onLoaded);
}

const onLoaded: OnLoaded = (_name, openai, version) => instrumentModule(openai, version);

/** Instruments the exports of any file of `openai`. A second call has no effect. */
export function instrumentModule(openai: unknown, version: string | undefined): void {
  diag.debug(`spanport: instrumenting openai ${version ?? ''}`);
  if (version !== undefined && !isTested(version))
    diag.warn(`spanport: openai ${version} is outside the versions that are tested (4.55 to 7)`);
  const clientClass = clientClassIn(openai);
  // Other files of the package export functions as well. Those that create no clients are not changed.
  if (clientClass) patchClass(clientClass, operations, toolRunners);
  else diag.warn('spanport: this openai exports no client class; no spans will be made');
}

/**
 * The client class among a module's exports. In CommonJS, `require('openai')` is a function that has the class as a
 * property.
 */
function clientClassIn(openai: unknown): object | undefined {
  const { OpenAI, default: main } = (openai ?? {}) as { OpenAI?: unknown; default?: unknown };
  return [OpenAI, main, openai].find((candidate): candidate is object => typeof candidate === 'function');
}

/** Whether our tests cover this version. Other versions are instrumented as far as they have the same methods. */
function isTested(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major === 4 ? minor >= 55 : major > 4 && major < 8;
}

/**
 * Instruments a client, or the class that creates clients, where module hooks do not work: in bundles and test runners,
 * or if `openai` was imported before `start()`. A second call has no effect.
 * @returns its argument
 */
export function instrumentOpenAI<T extends object>(clientOrClass: T): T {
  if ((typeof clientOrClass !== 'object' && typeof clientOrClass !== 'function') || clientOrClass === null)
    throw new TypeError(`instrumentOpenAI() got ${String(clientOrClass)}: pass an OpenAI client or its class.`);
  const clientClass = clientClassIn(clientOrClass) ?? clientOrClass.constructor;
  activeRecorders.enableDefault();
  if (patchClass(clientClass, operations, toolRunners) === 0)
    diag.warn('spanport: this openai has none of the methods that are instrumented; no spans will be made');
  return clientOrClass;
}
