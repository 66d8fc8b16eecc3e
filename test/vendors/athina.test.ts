import { describe, it } from 'vitest';
import { vendorContract } from '../../src/testing/vendor-contract.ts';
import { type AthinaOptions, athina } from '../../src/vendors/athina/index.ts';
import { athinaPayload } from '../../src/vendors/athina/payload.ts';
import { capturedCases, forAll, goldenCases } from '../support/vendor-cases.ts';

const contract = {
  vendor: athina,
  environment: { ATHINA_API_KEY: 'key-of-athina' },
  secrets: ['key-of-athina'],
  parse: (payload: unknown) => athinaPayload.parse(payload),
  captured: capturedCases('athina', ['fake-provider-key']),
  forAll,
};

describe('athina', () => {
  const checks = vendorContract({
    ...contract,
    golden: goldenCases('athina'),
    outcomes: [
      { status: 200, outcome: 'delivered' },
      { status: 201, outcome: 'delivered' },
      { status: 301, outcome: 'blocked' },
      { status: 401, outcome: 'blocked' },
      { status: 403, outcome: 'blocked' },
      { status: 400, body: '{"error":"bad","details":{"message":"no prompt"}}', outcome: 'rejected' },
      { status: 404, outcome: 'blocked' },
      { status: 405, outcome: 'blocked' },
      { status: 501, outcome: 'blocked' },
      ...['/api/v1/log/inference/7', '/api/v1/prompt_run/user-feedback'].flatMap((url) => [
        { status: 404, body: '{"error":"unknown"}', asked: { method: 'PATCH', url }, outcome: 'rejected' } as const,
        { status: 404, body: '<html>', asked: { method: 'PATCH', url }, outcome: 'blocked' } as const,
      ]),
      { status: 413, outcome: 'rejected' },
      { status: 422, outcome: 'rejected' },
    ],
  });
  for (const { title, check } of checks) it(title, check);
});

const variants: readonly Partial<AthinaOptions>[] = [
  { responseFormat: 'openai' },
  { languageModel: 'response', apiVersion: 'v2' },
  { responseFormat: 'openai', languageModel: 'response', maxRecordBytes: 1500 },
  { maxRecordBytes: 1500 },
];

describe.each(variants)('athina with %j', (options) => {
  for (const { title, check } of vendorContract({ ...contract, options })) it(title, check);
});
