import type { Environment } from '../configuration/environment.ts';
import { vendors } from '../vendors/index.ts';

/** The values of all vendors' credentials, which no output may show. */
export function secretsIn(environment: Environment): string[] {
  return vendors.flatMap(({ secrets }) => secrets.flatMap((variable) => environment[variable]?.trim() || []));
}

/** A payload does not depend on the key, so a preview works without one. */
export function withSampleSettings(environment: Environment): Environment {
  const samples = vendors.map(({ secrets, sampleSettings }) => ({
    ...Object.fromEntries(secrets.map((variable) => [variable, '***'])),
    ...sampleSettings,
  }));
  return Object.assign({}, ...samples, Object.fromEntries(Object.entries(environment).filter(([, value]) => value)));
}
