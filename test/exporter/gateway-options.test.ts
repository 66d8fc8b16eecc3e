import { expect, it } from 'vitest';
import { resolveGateway } from '../../src/exporter/destinations/gateway-options.ts';

const url = 'http://127.0.0.1:4400/v1/traces';

it.each([
  'http://127.0.0.1:4400',
  'http://127.0.0.1:4400/',
  'http://127.0.0.1:4400/v1/traces',
  'http://127.0.0.1:4400/v1/traces/',
])('posts spans below the address of a gateway: %s', (address) => {
  const warn = (message: string): never => {
    throw new Error(message);
  };
  expect(resolveGateway({ url: address }, {}, warn).url).toBe(url);
  expect(resolveGateway({}, { SPANPORT_GATEWAY: address }, warn).url).toBe(url);
});
