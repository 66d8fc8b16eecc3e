import { describe, it } from 'vitest';
import { vendorContract } from '../../src/testing/vendor-contract.ts';
import { type ReconifyOptions, reconify } from '../../src/vendors/reconify/index.ts';
import { reconifyPayload } from '../../src/vendors/reconify/payload.ts';
import { capturedCases, forAll, goldenCases } from '../support/vendor-cases.ts';

const contract = {
  vendor: reconify,
  environment: { RECONIFY_APP_KEY: 'app-key-of-ours', RECONIFY_API_KEY: 'api-key-of-ours' },
  secrets: ['app-key-of-ours', 'api-key-of-ours'],
  parse: (payload: unknown) => reconifyPayload.parse(payload),
  captured: capturedCases('reconify', ['app-key-1', 'api-key-1']),
  forAll,
};

describe('reconify', () => {
  const checks = vendorContract({
    ...contract,
    golden: goldenCases('reconify'),
    outcomes: [
      { status: 200, body: '{"status":"ok"}', outcome: 'delivered' },
      { status: 200, body: '{"status":"error","message":"unknown app"}', outcome: 'rejected' },
      { status: 200, outcome: 'rejected' },
      { status: 301, outcome: 'blocked' },
      { status: 401, outcome: 'blocked' },
      { status: 403, outcome: 'blocked' },
      { status: 400, outcome: 'rejected' },
      { status: 404, outcome: 'blocked' },
      { status: 405, outcome: 'blocked' },
      { status: 501, outcome: 'blocked' },
    ],
  });
  for (const { title, check } of checks) it(title, check);
});

const variants: readonly Partial<ReconifyOptions>[] = [
  { sendFailures: true },
  { session: 'desk', sessionTimeout: 20 },
  { sendFailures: true, maxRecordBytes: 1500 },
];

describe.each(variants)('reconify with %j', (options) => {
  for (const { title, check } of vendorContract({ ...contract, options })) it(title, check);
});
