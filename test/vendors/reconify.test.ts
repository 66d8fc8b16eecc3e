import { describe, it } from 'vitest';
import { vendorContract } from '../../src/testing/vendor-contract.ts';
import { reconify } from '../../src/vendors/reconify/index.ts';
import { reconifyPayload } from '../../src/vendors/reconify/payload.ts';
import { capturedCases, forAll, goldenCases } from '../support/vendor-cases.ts';

const environment = { RECONIFY_APP_KEY: 'app-key-of-ours', RECONIFY_API_KEY: 'api-key-of-ours' };

describe('reconify', () => {
  const contract = vendorContract({
    vendor: reconify,
    environment,
    secrets: ['app-key-of-ours', 'api-key-of-ours'],
    parse: (payload) => reconifyPayload.parse(payload),
    golden: goldenCases('reconify'),
    captured: capturedCases('reconify', ['app-key-1', 'api-key-1']),
    outcomes: [
      { status: 200, body: '{"status":"ok"}', outcome: 'delivered' },
      { status: 200, body: '{"status":"error","message":"unknown app"}', outcome: 'rejected' },
      { status: 200, outcome: 'rejected' },
      { status: 401, outcome: 'blocked' },
      { status: 403, outcome: 'blocked' },
      { status: 400, outcome: 'rejected' },
      { status: 404, outcome: 'rejected' },
    ],
    forAll,
  });
  for (const { title, check } of contract) it(title, check);
});
