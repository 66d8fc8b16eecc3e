import { SignJWT } from 'jose';
import { expect, it, vi } from 'vitest';
import { clientKeysFrom } from '../../src/gateway/client-keys.ts';
import { openGateway } from './gateway-scene.ts';

const token = 'a-token-that-is-long-enough';
const SPANPORT_CLIENT_KEYS = 'athina=athina-1,athina=athina-2,reconify=app:api,kore=client:signing-secret';

/** For each key whether the client is refused; what its body is answered with does not matter here. */
async function refusals(url: string, keys: readonly (string | undefined)[], send: (key: string) => RequestInit) {
  const found: boolean[] = [];
  for (const key of keys) found.push((await fetch(url, { method: 'POST', ...send(key ?? '') })).status === 401);
  return found;
}

const json = { 'content-type': 'application/json' };
const athina = (key: string): RequestInit => ({
  headers: { ...json, ...(key && { 'athina-api-key': key }) },
  body: JSON.stringify({ language_model_id: 'gpt-4o', prompt: [{ role: 'user', content: 'Hi' }], response: 'Hello' }),
});
const reconify = (pair: string): RequestInit => {
  const [appKey, apiKey] = pair.split(':');
  const request = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hi' }] };
  const response = { choices: [{ message: { role: 'assistant', content: 'Hello' } }] };
  return { headers: json, body: JSON.stringify({ reconify: { appKey, apiKey, format: 'openai' }, request, response }) };
};

it.each([undefined, token])(
  'a vendor with configured keys accepts those and the token alone (token: %s)',
  async (given) => {
    vi.stubEnv('SPANPORT_CLIENT_KEYS', SPANPORT_CLIENT_KEYS);
    const { gateway } = await openGateway(given === undefined ? {} : { token: given });
    vi.unstubAllEnvs();

    const keys = ['athina-1', 'athina-2', undefined, 'athina-3', 'api', token];
    expect(await refusals(`${gateway.url}/athina/api/v1/log/inference`, keys, athina)).toEqual([
      false,
      false,
      true,
      true,
      true,
      given === undefined,
    ]);
    const pairs = ['app:api', 'other:api', 'app:athina-1', 'app:'];
    expect(await refusals(`${gateway.url}/reconify/track`, pairs, reconify)).toEqual([false, true, true, true]);
    const jwt = async (appId: string, secret: string) =>
      new SignJWT({ appId }).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret));
    const auth = (value: string): RequestInit => ({ headers: { ...json, auth: value }, body: '{"limit":1}' });
    const tokens = [
      await jwt('client', 'signing-secret'),
      await jwt('other', 'signing-secret'),
      await jwt('client', 'x'),
    ];
    const kore = `${gateway.url}/kore/api/1.1/public/bot/b/getLLMUsageLogs`;
    expect(await refusals(kore, tokens, auth)).toEqual([false, true, true]);
    // No key of its own: open, or behind the token.
    const requesty = (key: string): RequestInit => ({
      headers: { ...json, ...(key && { authorization: `Bearer ${key}` }) },
      body: '{}',
    });
    const [open] = await refusals(`${gateway.url}/requesty/insight`, [undefined], requesty);
    expect(open).toBe(given !== undefined);
  },
);

it('a setting that cannot be read is refused in one sentence without the key', () => {
  const read = (value: string) => () => clientKeysFrom({ SPANPORT_CLIENT_KEYS: value });
  expect(read('athena=very-secret')).toThrow(
    "Unknown vendor 'athena' in SPANPORT_CLIENT_KEYS. Available: athina, reconify, inkeep, requesty, kore.",
  );
  expect(read('very-secret')).toThrow('An entry of SPANPORT_CLIENT_KEYS has no key. Write it like athina=KEY.');
  expect(read('kore=very-secret')).toThrow(
    'The key of kore in SPANPORT_CLIENT_KEYS has one half. Write it like kore=ID:SECRET.',
  );
});
