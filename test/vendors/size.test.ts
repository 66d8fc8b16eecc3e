import { expect, it } from 'vitest';
import { oddInteractions } from '../../src/testing/sample-interactions.ts';
import { DEFAULT_MAX_RECORD_BYTES } from '../../src/vendors/fit.ts';
import { vendors } from '../../src/vendors/index.ts';

const environment = {
  ATHINA_API_KEY: 'k',
  RECONIFY_APP_KEY: 'k',
  RECONIFY_API_KEY: 'k',
  INKEEPANALYTICS_API_INTEGRATION_KEY: 'k',
  REQUESTY_API_KEY: 'k',
  SPANPORT_KORE_OUTPUT: 'https://example.org/kore',
};
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
