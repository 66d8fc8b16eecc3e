import { signal } from '@preact/signals';

/** Times are in the viewer's zone until UTC is chosen. */
export const isUtc = signal(false);

/** For the formatting functions of the platform: undefined is the viewer's zone. */
export function zone(): 'UTC' | undefined {
  return isUtc.value ? 'UTC' : undefined;
}
