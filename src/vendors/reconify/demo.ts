import { recordOf } from '../../interaction/unknown.ts';
import type { VendorDemo } from '../demo.ts';

/** Source of the answers: README.md in this folder. */
export const demo: VendorDemo = {
  keyOptions: ['appKey', 'apiKey'],
  urlOption: 'tracker',
  urlPath: '/track',
  method: 'POST',
  path: '/track',
  keyOf: ({ body }) => recordOf(body['reconify'])?.['apiKey'],
  accepted: () => ({ status: 'ok' }),
  refused: (_, message) => ({ body: { status: 'error', message } }),
  payloads: 3,
};
