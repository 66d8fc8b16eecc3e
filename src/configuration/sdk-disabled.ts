import type { Environment } from './environment.ts';

/** `OTEL_SDK_DISABLED=true`, read before everything else: nothing is patched, nothing is sent. */
export function isSdkDisabled(environment: Environment): boolean {
  return environment['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true';
}
