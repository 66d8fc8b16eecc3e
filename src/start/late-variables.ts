import type { Environment } from '../configuration/environment.ts';
import { diag } from '../diagnostics/diag.ts';
import type { Recorder } from '../instrumentation/recorder.ts';
import { isOwnVariable } from './known-settings.ts';

/**
 * Reports, with the first call, variables that were set after the start. They are ignored, because the environment is read
 * once. The usual cause is a `.env` file that the application loads itself: `--import spanport/register` comes before it.
 * @returns a function that ends this
 */
export function noticeLateVariables(recorder: Pick<Recorder, 'onSpanEnded'>, environment: Environment): () => void {
  const atStart = ownVariablesOf(environment);
  const stop = recorder.onSpanEnded(() => {
    stop();
    const late = [...ownVariablesOf(environment)].filter(([name, value]) => atStart.get(name) !== value);
    if (late.length === 0) return;
    const names = late.map(([name]) => name).join(', ');
    diag.warn(
      `spanport: variables that were set after the start are ignored: ${names}. Set them earlier: for a .env file use node --env-file=.env --import spanport/register`,
    );
  });
  return stop;
}

function ownVariablesOf(environment: Environment): ReadonlyMap<string, string | undefined> {
  const names = Object.keys(environment).filter(isOwnVariable);
  return new Map(names.map((name) => [name, environment[name]]));
}
