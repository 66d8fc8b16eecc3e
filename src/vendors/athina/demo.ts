import type { VendorDemo } from '../demo.ts';

/** Source of the answers: README.md in this folder. */
export const demo: VendorDemo = {
  keyOptions: ['apiKey'],
  urlOption: 'baseUrl',
  urlPath: '',
  method: 'POST',
  path: '/api/v1/log/inference',
  keyOf: ({ headers }) => headers['athina-api-key'],
  accepted: () => ({ status: 'success', data: { prompt_run_id: 'run-of-the-demo' } }),
  refused: (_, message) => ({ body: { error: message, details: { message } } }),
  payloads: 3,
};
