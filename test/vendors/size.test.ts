import { expect, it } from 'vitest';
import { oddInteractions } from '../../src/testing/sample-interactions.ts';
import { DEFAULT_MAX_RECORD_BYTES } from '../../src/vendors/fit.ts';
import { vendors } from '../../src/vendors/index.ts';

/** Enough to configure every vendor. */
const environment = Object.fromEntries(
  vendors.flatMap(({ secrets, sampleSettings = {} }) => [
    ...secrets.map((name) => [name, 'k']),
    ...Object.entries(sampleSettings),
  ]),
);
const large = oddInteractions.filter(({ name }) => / of 5 MB /.test(name));
const cases = vendors.flatMap((vendor) =>
  large.map(({ name, interaction }) => [vendor.name, name, vendor, interaction] as const),
);

it.each(cases)('%s gets a record that it can take of %s', (_, __, vendor, interaction) => {
  const records = vendor.encode(interaction, vendor.resolveOptions({}, environment));
  expect(records.length).toBeGreaterThan(0);
  for (const { payload } of records)
    expect(Buffer.byteLength(JSON.stringify(payload))).toBeLessThanOrEqual(DEFAULT_MAX_RECORD_BYTES);
});
