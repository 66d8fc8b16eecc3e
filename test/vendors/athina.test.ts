import { describe, it } from 'vitest';
import { vendorContract } from '../../src/testing/vendor-contract.ts';
import { athina } from '../../src/vendors/athina/index.ts';
import { athinaPayload } from '../../src/vendors/athina/payload.ts';
import { capturedCases, forAll, goldenCases } from '../support/vendor-cases.ts';

const environment = { ATHINA_API_KEY: 'key-of-athina' };

describe('athina', () => {
  const contract = vendorContract({
    vendor: athina,
    environment,
    secrets: ['key-of-athina'],
    parse: (payload) => athinaPayload.parse(payload),
    golden: goldenCases('athina'),
    captured: capturedCases('athina', ['fake-provider-key']),
    outcomes: [
      { status: 200, outcome: 'delivered' },
      { status: 201, outcome: 'delivered' },
      { status: 401, outcome: 'blocked' },
      { status: 403, outcome: 'blocked' },
      { status: 301, outcome: 'blocked' },
      { status: 400, body: '{"error":"bad","details":{"message":"no prompt"}}', outcome: 'rejected' },
      { status: 404, outcome: 'rejected' },
      { status: 413, outcome: 'rejected' },
      { status: 422, outcome: 'rejected' },
    ],
    forAll,
  });
  for (const { title, check } of contract) it(title, check);
});
