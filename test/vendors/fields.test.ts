import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Interaction } from '../../src/interaction/interaction.ts';
import { fullInteraction, fullRun } from '../../src/testing/sample-interactions.ts';
import { changedFields, checkLosses, fieldOf, pathsIn } from '../../src/testing/vendor-losses.ts';
import type { VendorFields } from '../../src/vendors/fields.ts';
import { type AnyVendor, vendors } from '../../src/vendors/index.ts';
import { anyInteraction } from '../support/any-interaction.ts';
import { fieldsTable } from '../support/fields-table.ts';
import { goldenCases } from '../support/vendor-cases.ts';

/** Enough to configure every vendor. */
const environment = Object.fromEntries(
  vendors.flatMap(({ secrets, sampleSettings = {} }) => [
    ...secrets.map((name) => [name, 'k']),
    ...Object.keys(sampleSettings).map((name) => [name, 'https://example.org/records']),
  ]),
);
const titles: Readonly<Record<string, string>> = {
  athina: 'Athina',
  reconify: 'Reconify',
  inkeep: 'Inkeep',
  requesty: 'Requesty',
  kore: 'Kore',
};
/** What the others do not have: values that only Athina's own clients write, and a user with a full name alone. */
const withRatings: Interaction = {
  ...fullInteraction,
  user: { fullName: 'Ada Lovelace' },
  source: {
    'athina.custom_eval_metrics.tone': 0.9,
    'athina.user_feedback': 1,
    'athina.user_feedback_comment': 'good',
  },
};
const withUnnamedFailure: Interaction = {
  ...fullInteraction,
  inputMessages: [{ role: 'user', parts: [{ type: 'text', content: 'Hi' }] }],
  outcome: { status: 'error', type: '' },
};
/** The same interactions each time, so that what is missing among them is not a matter of luck. */
const generated = fc.sample(anyInteraction, { numRuns: 400, seed: 7 });

describe.each(vendors.map((vendor) => [vendor.name, vendor] as const))("%s's fields", (name, vendor) => {
  const options = vendor.resolveOptions({}, environment);
  const samples = [
    withRatings,
    withUnnamedFailure,
    fullInteraction,
    fullRun,
    ...goldenCases(name).map(({ interaction }) => interaction),
    ...generated,
  ];
  let fields: VendorFields;
  beforeAll(async () => {
    fields = (await vendor.fields?.()) ?? { fields: [], changed: {}, lost: [] };
  });

  it('cover every value of a request, and name no other', () => {
    const others = vendor.resolveOptions({ languageModel: 'response' } as object, environment);
    const written = new Set(
      samples.flatMap((interaction) => [options, others].flatMap((given) => requestPaths(vendor, interaction, given))),
    );
    const known = [...written].map((path) => [path, fieldOf(fields, path)] as const);
    expect(known.filter(([, field]) => field === undefined).map(([path]) => path)).toEqual([]);
    const used = new Set(known.map(([, field]) => field));
    expect(fields.fields.map(({ path }) => path).filter((path) => !used.has(path))).toEqual([]);
  });

  it('say what comes back and what does not', async () => {
    const seenChanged = new Set<string>();
    const seenLost = new Set<string>();
    for (const interaction of samples) {
      const read = await readBack(vendor, interaction, options);
      if (!read) continue;
      checkLosses(fields, interaction, read);
      for (const field of changedFields(interaction, read)) seenChanged.add(field);
    }
    for (const field of fields.lost) if (seenChanged.has(field)) seenLost.add(field);
    const changed = Object.keys(fields.changed);
    expect(changed.filter((field) => !seenChanged.has(field))).toEqual([]);
    expect(changed.filter((field) => fields.lost.includes(field as never))).toEqual([]);
    expect(fields.lost.filter((field) => !seenLost.has(field))).toEqual([]);
  });

  it('are the tables of its README', () => {
    const file = new URL(`../../src/vendors/${name}/README.md`, import.meta.url);
    const block = /(<!-- fields -->\n\n)[\s\S]*(\n\n<!-- \/fields -->)/;
    const before = readFileSync(file, 'utf8');
    const after = before.replace(block, (_, open, close) => open + fieldsTable(titles[name] ?? name, fields) + close);
    // `npm run docs` writes them.
    if (process.env['SPANPORT_WRITE_DOCS']) writeFileSync(file, after);
    else expect(before).toBe(after);
    expect(before).toMatch(block);
  });
});

function requestPaths(vendor: AnyVendor, interaction: Interaction, options: object): readonly string[] {
  return vendor
    .encode(interaction, options)
    .flatMap(({ payload }) => pathsIn(JSON.parse(String(vendor.request(payload, options).body))));
}

/** What a vendor's records tell of an interaction that has one record. */
async function readBack(
  vendor: AnyVendor,
  interaction: Interaction,
  options: object,
): Promise<Interaction | undefined> {
  const records = vendor.encode(interaction, options);
  const [record] = records;
  if (!record || records.length > 1) return undefined;
  const decoded = await vendor.decode(vendor.merge?.(undefined, record.payload) ?? record.payload);
  return decoded.length === 1 ? decoded[0] : undefined;
}
