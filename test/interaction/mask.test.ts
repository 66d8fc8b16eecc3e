import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asIs, maskAttributes, maskJson, maskSecrets, withoutCutSecret } from '../../src/interaction/mask.ts';
import { contextShapes, tokenShapes } from '../../src/interaction/secret-shapes.ts';
import { ATTR } from '../../src/semconv/names.ts';

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

/** The test strings of the rule sets that the table of shapes names, and of the issuers' own documents. */
const published: readonly (readonly [name: string, text: string, masked: string])[] = [
  [
    'Stripe, test',
    'sk_test_51OuEMLAlTWGaDypq4P5cuDHbuKeG4tAGPYHJpEXQ7zE8mKK3jkhTFPvCxnSSK5zB5EQZrJsYdsatNmAHGgb0vSKD00GTMSWRHs',
    'sk_test_[masked]',
  ],
  [
    'Stripe, restricted',
    'rk_prod_51OuEMLAlTWGaDypquDn9aZigaJOsa9NR1w1BxZXs9JlYsVVkv5XDu6aLmAxwt5Tgun5WcSwQMKzQyqV16c9iD4sx00BRijuoon',
    'rk_prod_[masked]',
  ],
  ['Stripe, live', 'STRIPE_SECRET_KEY=sk_live_AAAAAAAAAAAAAAAAAAAAAAAA', 'STRIPE_SECRET_KEY=sk_live_[masked]'],
  ['GitLab', 'glpat-aBcDeFgHiJkLmNoPqRsT', 'gl-[masked]'],
  ['GitLab, routable', 'glpat-xxxxxxxx-xxxxxxxxxxxxxxxxxx.xxxxxxxxx', 'gl-[masked]'],
  ['GitLab, runner', 'glrt-tx_xxxxxxxxxxxxxxxxxxxxxxxxxxx.xxxxxxxxx', 'gl-[masked]'],
  ['npm', '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', 'npm_[masked]'],
  [
    'Hugging Face',
    'huggingface-cli login --token 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',
    'huggingface-cli login --token hf_[masked]',
  ],
  ['Hugging Face, organization', '`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`', '`api_org_[masked]`'],
  ['Groq', 'gsk_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP', 'gsk_[masked]'],
  ['xAI', `xai-${long}${long.slice(0, 20)}`, 'xai-[masked]'],
  ['SendGrid', 'SG.APhb3zgjtx3hajdas1TjBB.H7Sgbba3afgKSDyB442aDK0kpGO3SD332313-L5528K', 'SG.[masked]'],
  ['DigitalOcean', `dop_v1_${'0a1b2c3d'.repeat(8)}`, 'dop_v1_[masked]'],
  [
    'AWS, secret key',
    'AWS_SECRET_ACCESS_KEY = wJalrXUtnFEMI/K7MDENG/bPxRfiCYSECRETSKEY',
    'AWS_SECRET_ACCESS_KEY = [masked]',
  ],
  [
    'AWS, secret key in JSON',
    '"SecretAccessKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY"',
    '"SecretAccessKey": "[masked]"',
  ],
  [
    'Azure, account key',
    'AccountName=files;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;EndpointSuffix=core',
    'AccountName=files;AccountKey=[masked];EndpointSuffix=core',
  ],
  [
    'Azure, shared access key',
    'Endpoint=sb://x.example/;SharedAccessKeyName=Root;SharedAccessKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6=',
    'Endpoint=sb://x.example/;SharedAccessKeyName=Root;SharedAccessKey=[masked]',
  ],
  [
    'Azure, shared access signature',
    'https://x.example/f?sv=2019-02-02&se=2030&sr=b&sp=r&sig=koLniLcK0tMLuMfYeuSQwB%2BBLnWibhPqnrINxaIRbvU%3D',
    'https://x.example/f?sv=2019-02-02&se=2030&sr=b&sp=r&sig=[masked]',
  ],
  ['a password in an env file', 'DB_PASSWORD=correcthorse\nPORT=1', 'DB_PASSWORD=[masked]\nPORT=1'],
  [
    'a password in a connection string',
    'Server=db;User Id=sa;Password=hunter2;Encrypt=true',
    'Server=db;User Id=sa;Password=[masked];Encrypt=true',
  ],
  ['a password on a command line', 'mysql --password=letmein -u root', 'mysql --password=[masked] -u root'],
  ['a password in JSON', '{"user":"jo","password":"P@55w0rd!"}', '{"user":"jo","password":"[masked]"}'],
  [
    'a password in JSON within JSON',
    '{"body":"{\\"password\\":\\"hunter22\\"}"}',
    '{"body":"{\\"password\\":\\"[masked]\\"}"}',
  ],
  ['a password in YAML', 'user: jo\npassword: hunter22\n', 'user: jo\npassword: [masked]\n'],
  ['a token of a variable', "const accessToken = 'q8Zr1LmT0vXw4YbN';", "const accessToken = '[masked]';"],
  [
    'a client secret',
    '"client_secret" : "6da89121079f83b2eb6acccf8219ea982c3d79bccc3e9c6a85856480661f8fde"',
    '"client_secret" : "[masked]"',
  ],
  ['an API key in YAML', 'api_key: 9f8e7d6c5b4a3f2e1d0c', 'api_key: [masked]'],
];
it.each(published)('masks the published test string of %s', (_, text, masked) => {
  expect(maskSecrets(text)).toBe(masked);
  expect(maskSecrets(`Look: ${text} and so on`)).not.toContain(text);
});

const body =
  'MIICWwIBAAKBgQCYdGaf5uYMsilGHfnx/zxXtihdGFr3hCWwebHGhgEAVn0xlsTd\n1QwoKi+rpI1O6hzyVOuoQtboODsONGRlHbNl6yJ936Yhmr8PiNwpA5qIxZAdmFv2\ntqEllWr0dGPPm3B=';
describe('private keys', () => {
  it.each(['RSA ', 'EC ', 'DSA ', 'OPENSSH ', 'ENCRYPTED ', ''])('masks a %sPEM block', (kind) => {
    const block = `-----BEGIN ${kind}PRIVATE KEY-----\n${body}\n-----END ${kind}PRIVATE KEY-----`;
    expect(maskSecrets(`before\n${block}\nafter`)).toBe('before\n[masked private key]\nafter');
    expect(maskSecrets(JSON.stringify({ key: block }))).toBe('{"key":"[masked private key]"}');
  });

  it('masks a PGP block, one with headers, and one that was cut', () => {
    const pgp = `-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2\n\n${body}\n-----END PGP PRIVATE KEY BLOCK-----`;
    const locked = `-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0A1B\n\n${body}\n-----END RSA PRIVATE KEY-----`;
    for (const block of [pgp, locked]) expect(maskSecrets(block)).toBe('[masked private key]');
    expect(maskSecrets(`-----BEGIN RSA PRIVATE KEY-----\n${body.slice(0, 140)}`)).toBe('[masked private key]');
  });

  it.each([
    'A file that begins with -----BEGIN PRIVATE KEY----- is a private key.',
    '-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----',
    '-----BEGIN PRIVATE KEY-----\nxxx\n-----END PRIVATE KEY-----',
    `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----`,
  ])('leaves %j as it is', (text) => expect(maskSecrets(text)).toBe(text));
});

it.each([
  // The negative cases of the rule sets.
  'sk_live_short pk_live_AAAAAAAAAAAAAAAAAAAAAAAA',
  'glpat-abc gsk_abc123 hf_abc npm_config_registry SG.APhb3zgjtx3hajdas1TjBB.',
  '- (id)hf_requiredCharacteristicTypesForDisplayMetadata;',
  'const api_org_controller = require("../../controllers/api/index").organizations;',
  // Code that passes a secret on, and names its type.
  'password: string; token: string | undefined; apiKey?: string;',
  'const token = await getToken(user); const secret = secrets[0];',
  'client = OpenAI(api_key=api_key, password=password, token=self.token)',
  'login(password=os.environ["PASSWORD"], api_key=os.getenv("API_KEY"))',
  'process.env.API_KEY = config.apiKey2; const { password } = form2;',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's
  'token=$TOKEN password=${PASSWORD} secret=<your secret> password=*** api_key={{key}}',
  'max_tokens=1000 prompt_tokens: 12, {"token":" Hello","logprob":-0.3}',
  'if (password === "") throw new Error("no password"); password = "";',
  'PWD=/home/jo OLDPWD=/home',
  'arn:aws:secretsmanager:eu-west-1:1:secret:eks-local.cluster.x-k8s.io/*',
  // Prose.
  'The secret: never give up. Token: a small piece of text. Password: see above.',
  'Basic Registration with bearer authentication and a basic understanding.',
  'The key: 7 habits of people. A token = one word, about 4 characters.',
  // Ids, hashes, Base64, versions and models.
  '4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7 550e8400-e29b-41d4-a716-446655440000',
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'sha512-9Qx0Zr2wq1lq0mU9eS5cVfJmT3v3p1Xy7Yw8Lk2eQ5c0o9Zb1n6r7t8u9v0w1x2y3z4A5B6C7D8E9F==',
  'gpt-4o-mini-2024-07-18 xai/grok-4-fast claude-sonnet-4-5-20250929 text-embedding-3-large o4-mini',
  'chatcmpl-Bx7UqvYkqzQz5mWcJ1nT0aLrK3dE2 call_efMkfm48JoY07cTfnStaxlmX thread_abc123 run_abc123 asst_abc123',
])('leaves ordinary text as it is: %j', (text) => expect(maskSecrets(text)).toBe(text));

/** One of each shape that the lists above lack. */
const samples = [
  `ABSK${long}${long}`,
  `https://hooks.slack.com/services/T0123/B0123/${long}`,
  `xapp-1-A0123-${long}`,
  `GOCSPX-${long.slice(0, 28)}`,
  `AIza${long.slice(0, 35)}`,
  `eyJ${long}.${long}.x`,
  `ghp_${long}`,
  `github_pat_${long}`,
  'AKIA0123456789ABCDEF',
  `sk-${long}`,
  `whsec_${long}`,
  `pplx-${long.slice(0, 48)}`,
  `nvapi-${long}${long}`,
  `pypi-AgEI${long}`,
  `shpat_${'0a1b2c3d'.repeat(4)}`,
  `lin_api_${long.slice(0, 40)}`,
  `ntn_01234567890${long.slice(0, 35)}`,
  `glsa_${long.slice(0, 32)}_0a1b2c3d`,
  `PMAK-${'0a1b2c3d'.repeat(3)}-${'0a1b2c3d'.repeat(4)}0f`,
  `AGE-SECRET-KEY-1${'QPZRY9X8GF'.repeat(6).slice(0, 58)}`,
  `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----`,
];

it('finds each start of each shape by the scan that texts without secrets pay for', () => {
  const tail = 'Ab3_'.repeat(40);
  for (const { starts, pattern, source } of tokenShapes) {
    expect(source).not.toBe('');
    expect(pattern.flags).toBe('g');
    for (const start of starts)
      expect(withoutCutSecret(`so it begins: ${start}${tail}`)).toBe('so it begins: [masked]');
    const texts = [...published.map(([, text]) => text), ...samples].filter((text) => text.match(pattern));
    expect(texts, `a sample of ${starts.join()}`).not.toEqual([]);
    for (const text of texts) expect(maskSecrets(text)).not.toBe(text);
  }
  for (const { source } of contextShapes) expect(source).not.toBe('');
});

// A quadratic scan of two million characters would run for hours.
it.each([
  '-----BEGIN PRIVATE KEY-----\n',
  'password=',
  'token: ',
  'Bearer ',
  'glpat-',
  'SG.',
  'eyJ',
  'a:',
  '://a:',
  'a',
  '"pin":',
  '"pin": 1234',
])('takes linear time over a text that repeats %j', (piece) => {
  const text = piece.repeat(2_000_000 / piece.length);
  expect(maskSecrets(`${text} sk-${long}`)).toContain('[masked]');
});

describe('parsed data', () => {
  it('is masked by the names of its values, as the same JSON in a text', () => {
    const data = {
      username: 'bob',
      password: 'hunter2secret9',
      note: 'plain1234',
      nested: [{ api_key: 'abcd1234efgh5678', accessToken: 'abcd1234efgh', db_password: 'hush"hush' }],
    };
    expect(maskJson(data, maskSecrets)).toEqual({
      username: 'bob',
      password: '[masked]',
      note: 'plain1234',
      nested: [{ api_key: '[masked]', accessToken: '[masked]', db_password: '[masked]' }],
    });
    expect(maskJson(data, asIs)).toBe(data);
  });

  it('keeps what is not a secret by its value or its name', () => {
    const data = {
      password: 'string',
      token: 'input',
      api_key: '$API_KEY',
      keyword: 'hunter2secret9',
      key: 'abcd1234',
    };
    expect(maskJson(data, maskSecrets)).toBe(data);
  });
});

/** Names of secrets, alone and at the end of a longer name. */
const secretNames = fc
  .tuple(
    fc.constantFrom('', 'db.', 'app.', 'user_', 'http.request.header.x-', 'a/b/'),
    fc.constantFrom(
      'password',
      'passwd',
      'passphrase',
      'pwd',
      'pin',
      'cvv',
      'otp',
      'secret',
      'api_key',
      'access_token',
      'token',
      'usage.session_token',
    ),
  )
  .map((parts) => parts.join(''));
const camelCase = fc.constantFrom(
  'dbPassword',
  'cardPin',
  'cardPIN',
  'apiKey',
  'clientSecret',
  'accessToken',
  'appToken',
  'smsOTP',
);
/** Whoever the token belongs to. No word with these letters is about the tokens of a model. */
const ownTokens = fc
  .tuple(
    fc.oneof(
      fc.stringMatching(/^[bdfghkz]{2,8}$/),
      fc.constantFrom('app', 'bot', 'user', 'one_time', 'x-vault', 'textile', 'topic', 'paper', 'maximus'),
    ),
    fc.constantFrom('.', '_', '-', '/', ':'),
    fc.constantFrom('token', 'Token', 'TOKEN'),
  )
  .map((parts) => parts.join(''));
const numbers = fc.oneof(fc.integer(), fc.double({ noDefaultInfinity: true, noNaN: true }));

/** Names that end similarly, or in which a number counts tokens. */
const otherNames = fc.constantFrom(
  ...Object.values(ATTR),
  'gen_ai.usage.input_tokens',
  'gen_ai.usage.output_tokens',
  'gen_ai.request.max_tokens',
  'max_tokens',
  'token_count',
  'llm.token_count.prompt',
  'ai.usage.tokens',
  'usage.total_tokens',
  'llm.latency.time_to_first_token',
  'time_per_output_token',
  'cost_per_token',
  'llm.cost.per.token',
  'usage.token',
  'price.per_token',
  'gen_ai.cost.per_token',
  'llm/usage/token',
  'maxToken',
  'output_token',
  'timeToFirstToken',
  'time-to-first-token',
  'llm.next_token',
  'eos_token',
  'avg.logprob.token',
  'mapping',
  'spin',
  'opinion',
  'password_length',
  'passwords_tried',
  'api_key_count',
  'secretary',
  'keyword',
  'monkey',
);

describe('numbers', () => {
  it('are masked under the name of a secret: as attributes, in data, in lists and in JSON text', () => {
    fc.assert(
      fc.property(fc.oneof(secretNames, camelCase, ownTokens), numbers, (name, value) => {
        const masked = { [name]: '[masked]' };
        expect(maskAttributes({ [name]: value }, maskSecrets)).toEqual(masked);
        expect(maskAttributes({ [name]: [value] }, maskSecrets)).toEqual({ [name]: ['[masked]'] });
        expect(maskJson({ a: [{ [name]: value }] }, maskSecrets)).toEqual({ a: [masked] });
        for (const space of [0, 2]) {
          const text = JSON.stringify({ n: 1, [name]: value, last: 'x' }, null, space);
          expect(JSON.parse(maskSecrets(text))).toEqual({ n: 1, ...masked, last: 'x' });
          expect(JSON.parse(JSON.parse(maskSecrets(JSON.stringify(text))))).toEqual({ n: 1, ...masked, last: 'x' });
        }
      }),
    );
  });

  it('are kept under every other name', () => {
    fc.assert(
      fc.property(otherNames, fc.oneof(numbers, fc.boolean()), (name, value) => {
        const data = { [name]: value, list: [value] };
        expect(maskAttributes(data, maskSecrets)).toBe(data);
        expect(maskJson(data, maskSecrets)).toBe(data);
        expect(maskSecrets(JSON.stringify(data))).toBe(JSON.stringify(data));
      }),
    );
  });

  it('are masked as a text of digits too', () => {
    const digits = fc.stringMatching(/^[0-9]{4,14}$/);
    fc.assert(
      fc.property(fc.oneof(secretNames, camelCase, ownTokens), digits, (name, value) => {
        const masked = { [name]: '[masked]' };
        expect(maskAttributes({ [name]: value }, maskSecrets)).toEqual(masked);
        expect(maskJson({ a: [{ [name]: [value] }] }, maskSecrets)).toEqual({ a: [{ [name]: ['[masked]'] }] });
        const text = JSON.stringify({ [name]: value, n: value });
        expect(JSON.parse(maskSecrets(text))).toEqual({ ...masked, n: value });
        expect(JSON.parse(JSON.parse(maskSecrets(JSON.stringify(text))))).toEqual({ ...masked, n: value });
      }),
    );
  });

  it('are masked, booleans are not: they say whether there is a secret, not which', () => {
    fc.assert(
      fc.property(fc.oneof(secretNames, camelCase), fc.boolean(), (name, value) => {
        const data = { [name]: value, [`requires_${name}`]: value, list: [{ [name]: [value, null, undefined, {}] }] };
        expect(maskAttributes(data, maskSecrets)).toBe(data);
        expect(maskJson(data, maskSecrets)).toBe(data);
        expect(maskSecrets(JSON.stringify(data))).toBe(JSON.stringify(data));
      }),
    );
  });

  it('are kept by the mask that changes nothing', () => {
    const data = { password: 5, pin: [1, 2] };
    expect(maskJson(data, asIs)).toBe(data);
    expect(maskAttributes(data, asIs)).toBe(data);
  });
});

describe('texts under the name of a secret', () => {
  it.each([
    ['pin', '1234'],
    ['card.cvc', '123'],
    ['app.password', 'correcthorse'],
    ['db.api_key', 'abcd1234efgh5678'],
    ['otp', '123 456'],
  ])('are masked as an attribute: %s', (name, value) => {
    expect(maskAttributes({ [name]: value }, maskSecrets)).toEqual({ [name]: '[masked]' });
    expect(maskJson({ [name]: [value] }, maskSecrets)).toEqual({ [name]: ['[masked]'] });
    const text = JSON.stringify({ [name]: value.replace(' ', '') });
    expect(JSON.parse(maskSecrets(text))).toEqual({ [name]: '[masked]' });
  });

  it('are kept where they say what a value is, or are words', () => {
    const data = { pin: 'GPIO', password: 'string', token: ' Hello', 'auth.secret': 'required', otp: 'sent by mail' };
    expect(maskAttributes(data, maskSecrets)).toBe(data);
  });
});
