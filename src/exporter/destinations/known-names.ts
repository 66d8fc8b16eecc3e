import { vendors } from '../../vendors/index.ts';
import { presetNames } from './presets.ts';

/** Every name that `SPANPORT_DESTINATIONS` can list, except `file:PATH`. */
export function knownNames(): string[] {
  return ['otlp', ...vendors.map(({ name }) => name), 'spanport', ...presetNames, 'console'];
}
