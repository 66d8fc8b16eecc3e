import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { goProgram } from '../../collector/go-program.mjs';
import { type ClientGateway, startClientGateway } from './support/client-gateway.ts';
import { type InstalledClient, installPython } from './support/installed-client.ts';

let gateway: ClientGateway;
let schemathesis: InstalledClient;
let prometheus: InstalledClient;
beforeAll(async () => {
  gateway = await startClientGateway();
  schemathesis = await installPython(['schemathesis==4.32.5']);
  prometheus = await installPython(['prometheus-client==0.26.0']);
});
afterAll(() => gateway.close());

const environment = () => ({ GATEWAY_URL: gateway.url, CLIENT_KEY: gateway.token });

it('Schemathesis finds no answer that the OpenAPI document does not describe', async (context) => {
  if (schemathesis.missing !== undefined) context.skip(schemathesis.missing);
  const { code, report } = (await schemathesis.run('schemathesis_client.py', { ...environment(), EXAMPLES: '5' })) as {
    readonly code: number;
    readonly report: string;
  };
  expect([code, code === 0 ? '' : report]).toEqual([0, '']);
  expect(report).toMatch(/Tested: \d{2}/);
});

it("Prometheus' own parser reads the metrics, and finds the conventions of their names kept", async (context) => {
  if (prometheus.missing !== undefined) context.skip(prometheus.missing);
  await fetch(`${gateway.url}/api/status`);
  const { families, problems } = (await prometheus.run('prometheus_client_check.py', environment())) as {
    readonly families: readonly string[];
    readonly problems: readonly string[];
  };
  expect(problems).toEqual([]);
  expect(families).toContain('spanport_http_request_duration_seconds');
  expect(families).toContain('spanport_index_backlog_spans');
});

const promlint = goProgram({ name: 'promlint', folder: fileURLToPath(new URL('promlint', import.meta.url)) });

it('the checks of `promtool check metrics` find nothing', async (context) => {
  const built = await promlint.build().then(
    (binary) => ({ binary, missing: '' }),
    (error: Error) => ({ binary: '', missing: error.message }),
  );
  if (built.missing !== '') context.skip(built.missing);
  const problemsOf = (input: string): string => execFileSync(built.binary, { input, encoding: 'utf8' });
  expect(problemsOf('wrong_counter{a="1"} 1\n')).toContain('wrong_counter: no help text');
  await fetch(`${gateway.url}/api/status`);
  const headers = { authorization: `Bearer ${gateway.token}` };
  const metrics = await (await fetch(`${gateway.url}/metrics`, { headers })).text();
  expect(metrics).toContain('spanport_http_request_duration_seconds_bucket');
  expect(problemsOf(metrics)).toBe('');
}, 600_000);
