import type { VendorDemo } from '../demo.ts';

/** Kore has no intake, so this is the server of an application that collects Kore records. */
export const demo: VendorDemo = {
  keyOptions: [],
  urlOption: 'output',
  urlPath: '/',
  method: 'POST',
  path: '/',
  keyOf: () => undefined,
  accepted: () => ({}),
  refused: (_, message) => ({ body: { error: message } }),
  payloads: 3,
};
