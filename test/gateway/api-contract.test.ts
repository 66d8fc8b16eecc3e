import { expect, it } from 'vitest';
import { ApiError, createClient } from '../../src/gateway/api/client.ts';
import { openApiDocument } from '../../src/gateway/api/openapi.ts';
import { paths } from '../../src/gateway/api/paths.ts';

it('the OpenAPI document has every operation, and every reference in it leads somewhere', () => {
  const document = openApiDocument('1.0.0', 'cookie') as {
    paths: Record<string, Record<string, { operationId: string }>>;
    components: { schemas: Record<string, unknown> };
  };
  const ids = Object.values(document.paths).flatMap((item) =>
    Object.values(item).map(({ operationId }) => operationId),
  );
  expect(new Set(ids)).toEqual(new Set([...Object.keys(paths), 'live']));
  const text = JSON.stringify(document);
  expect(text).not.toContain('$defs');
  const references = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name = '']) => name);
  expect(references.length).toBeGreaterThan(10);
  for (const name of references) expect(Object.keys(document.components.schemas)).toContain(name);
});

it('the client fills the path, writes the query and sends JSON', async () => {
  const requests: [string, RequestInit | undefined][] = [];
  const client = createClient({
    baseUrl: 'http://gateway/',
    token: 't',
    fetch: async (url, init) => {
      requests.push([String(url), init]);
      return new Response('{"changed":1}');
    },
  });
  await client.retryDelivery({ params: { id: 'run:api/x y', destination: 'inkeep' } });
  await client.listConversations({ query: { q: 'is:error "a b"', limit: 5 } });
  expect(requests[0]?.[0]).toBe('http://gateway/api/interactions/run%3Aapi%2Fx%20y/deliveries/inkeep/retry');
  expect(requests[0]?.[1]).toMatchObject({
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json', authorization: 'Bearer t' },
  });
  expect(requests[1]?.[0]).toBe('http://gateway/api/conversations?q=is%3Aerror+%22a+b%22&limit=5');
});

it('the client rejects with the code and the sentence of an error', async () => {
  const answer = { error: { code: 'not-found', message: 'No conversation has the id x.' } };
  const client = createClient({ fetch: async () => new Response(JSON.stringify(answer), { status: 404 }) });
  const failed = client.getConversation({ params: { id: 'x' } });
  await expect(failed).rejects.toThrow(new ApiError(404, 'not-found', 'No conversation has the id x.'));
  await expect(failed).rejects.toMatchObject({ status: 404, code: 'not-found' });
});
