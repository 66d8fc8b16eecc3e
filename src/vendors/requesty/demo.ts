import { bearerOf, type VendorDemo } from '../demo.ts';

/** Source of the answers: README.md in this folder. */
export const demo: VendorDemo = {
  keyOptions: ['apiKey'],
  urlOption: 'url',
  urlPath: '/insight',
  method: 'PUT',
  path: '/insight',
  keyOf: bearerOf,
  accepted: () => ({ success: true }),
  refused: (_, message) => ({ body: { success: false, error: message } }),
  payloads: 3,
};
