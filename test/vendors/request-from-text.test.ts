import { describe, expect, it } from 'vitest';
import {
  fullInteraction,
  fullRun,
  interactionWithoutContent,
  oddInteractions,
} from '../../src/testing/sample-interactions.ts';
import { type AnyVendor, vendors } from '../../src/vendors/index.ts';

const settings: Record<string, string> = {
  ATHINA_API_KEY: 'k',
  REQUESTY_API_KEY: 'k',
};

const interactions = [
  fullInteraction,
  interactionWithoutContent,
  fullRun,
  ...oddInteractions.map(({ interaction }) => interaction),
];

describe.each(vendors.filter(({ requestFromText }) => requestFromText).map((vendor) => [vendor.name, vendor] as const))(
  'the request of %s from the text of a payload',
  (_: string, vendor: AnyVendor) => {
    const options = vendor.resolveOptions({}, settings);

    it('is the request of the payload', () => {
      const payloads = interactions.flatMap((interaction) => vendor.encode(interaction, options));
      expect(payloads.length).toBeGreaterThan(3);
      let found = 0;
      for (const { payload } of payloads) {
        const text = Buffer.from(JSON.stringify(payload));
        const request = vendor.requestFromText?.(text, options);
        if (!request) continue;
        found += 1;
        expect({ ...request, body: Buffer.from(request.body).toString() }).toEqual(
          vendor.request(JSON.parse(text.toString()), options),
        );
      }
      expect(found).toBeGreaterThan(3);
    });

    it('is left to `request` where the text is something else', () => {
      if (vendor.name !== 'athina') return;
      for (const text of ['', '{', '{"kind":"feedback","body":{}}', '{"body":{},"kind":"inference"}'])
        expect(vendor.requestFromText?.(Buffer.from(text), options)).toBeUndefined();
    });
  },
);
