import { expect, it } from 'vitest';
import { maskSecrets } from '../../src/interaction/mask.ts';

const long = 'Ab3'.repeat(20);

it.each<readonly [name: string, secret: string, masked: string]>([
  ['an OpenAI key', `sk-${long}`, 'sk-[masked]'],
  ['a bearer token, in any case', `bEaReR ${long}`, 'Bearer [masked]'],
  ['basic credentials', `Basic ${long}`, 'Basic [masked]'],
  ['an AWS key', 'AKIA0123456789ABCDEF', 'AKIA[masked]'],
  ['a temporary AWS key', 'ASIA0123456789ABCDEF', 'AKIA[masked]'],
  ['a GitHub token', `ghp_${long}`, 'gh_[masked]'],
  ['a fine-grained GitHub token', `github_pat_${long}`, 'github_pat_[masked]'],
  ['a Slack token', `xoxb-${long}`, 'xox-[masked]'],
  ['a Google key', `AIza${long.slice(0, 35)}`, 'AIza[masked]'],
  ['a JSON web token', `eyJ${long}.${long}.${long}`, 'eyJ[masked]'],
  ['credentials in a URL', 'https://me:pass@host/', 'https://[masked]@host/'],
  ...['key', 'api_key', 'API-KEY', 'apikey', 'token', 'access_token', 'AUTH_token', 'id_token', 'sig', 'signature'].map(
    (name) => [`a query's ${name}`, `/a?b=c&${name}=hush`, `/a?b=c&${name}=[masked]`] as const,
  ),
  ["a query's secret", '?secret=hush', '?secret=[masked]'],
  ["a query's password", '?Password=hush', '?Password=[masked]'],
])('masks %s', (_, secret, masked) => {
  expect(maskSecrets(secret)).toBe(masked);
  expect(maskSecrets(`I paste it: ${secret} here`)).toBe(`I paste it: ${masked} here`);
});

it.each(['Is it open? Yes & no.', 'https://host:3000/a?b=c', 'a basic task-list', 'right_now', 'sk-ip'])(
  'leaves %j as it is',
  (text) => expect(maskSecrets(text)).toBe(text),
);
