/** One kind of secret that is recognised by its shape. */
export interface SecretShape {
  /** How the secret begins. An incomplete secret, of which the end was cut off, is recognised by it. */
  readonly starts: readonly string[];
  /**
   * Must run in linear time: no nested repetition, and no match that starts inside a sequence of characters which could
   * continue it. It should begin with literal characters, which the engine finds ten times as fast as a lookbehind.
   */
  readonly pattern: RegExp;
  readonly replacement: string;
  /** Where the shape is documented. */
  readonly source: string;
}

const GITLEAKS = 'gitleaks config/gitleaks.toml';
const SECRETLINT = 'secretlint rule';

/**
 * Tokens with a distinctive prefix. A token never starts inside a word, and a token of fixed length does not match a
 * longer sequence. {@link maskAssignments} recognises secrets by a word next to them.
 */
export const tokenShapes: readonly SecretShape[] = [
  // OpenAI, Anthropic (sk-ant-), OpenRouter (sk-or-), Langfuse (sk-lf-) and compatible servers.
  shape(['sk-'], /(?<![\w-])sk-[\w-]{16,}/g, 'sk-[masked]', 'OpenAI API reference, Authentication'),
  shape(
    ['AKIA', 'ASIA', 'ABIA', 'ACCA', 'A3T'],
    /(?<!\w)A(?:KIA|SIA|BIA|CCA|3T[A-Z0-9])[0-9A-Z]{16}(?!\w)/g,
    'AKIA[masked]',
    `${GITLEAKS} aws-access-token`,
  ),
  shape(['ABSK'], /(?<!\w)ABSK[A-Za-z0-9+/]{100,}={0,2}/g, 'ABSK[masked]', `${GITLEAKS} aws-amazon-bedrock-api-key`),
  shape(['ghp_', 'gho_', 'ghr_', 'ghs_', 'ghu_'], /(?<!\w)gh[oprsu]_\w{20,}/g, 'gh_[masked]', `${GITLEAKS} github-pat`),
  shape(['github_pat_'], /(?<!\w)github_pat_\w{20,}/g, 'github_pat_[masked]', `${GITLEAKS} github-fine-grained-pat`),
  shape(
    ['glpat-', 'glptt-', 'glrt-', 'gldt-', 'glft-', 'glimt-', 'glagent-', 'gloas-', 'glsoat-', 'glcbt-', 'glffct-'],
    /(?<!\w)gl(?:pat|ptt|rt|dt|ft|imt|agent|oas|soat|cbt|ffct)-[\w-]{20,}(?:\.[\w-]{9,})?/g,
    'gl-[masked]',
    `${GITLEAKS} gitlab-*`,
  ),
  shape(
    ['xoxa-', 'xoxb-', 'xoxe', 'xoxo-', 'xoxp-', 'xoxr-', 'xoxs-', 'xapp-'],
    /(?<!\w)(?:xox[abeoprs](?:\.xox[bp])?|xapp)-[\w-]{10,}/g,
    'xox-[masked]',
    `${GITLEAKS} slack-*`,
  ),
  shape(
    ['hooks.slack.com/'],
    /hooks\.slack\.com\/(services|workflows|triggers)\/[\w+/]{20,}/g,
    'hooks.slack.com/$1/[masked]',
    `${GITLEAKS} slack-webhook-url`,
  ),
  shape(['AIza'], /(?<![\w-])AIza[\w-]{35}/g, 'AIza[masked]', `${GITLEAKS} gcp-api-key`),
  shape(['GOCSPX-'], /(?<!\w)GOCSPX-[\w-]{28}/g, 'GOCSPX-[masked]', 'Google OAuth client secret'),
  shape(['eyJ'], /(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, 'eyJ[masked]', 'RFC 7519'),
  shape(
    ['sk_live_', 'sk_test_', 'sk_prod_', 'rk_live_', 'rk_test_', 'rk_prod_'],
    /(?<!\w)([sr])k_(live|test|prod)_[A-Za-z0-9]{16,}/g,
    '$1k_$2_[masked]',
    `${GITLEAKS} stripe-access-token`,
  ),
  shape(
    ['whsec_'],
    /(?<!\w)whsec_[A-Za-z0-9+/]{24,}={0,2}/g,
    'whsec_[masked]',
    'Stripe and Standard Webhooks signing secret',
  ),
  shape(['npm_'], /(?<!\w)npm_[A-Za-z0-9]{36}(?!\w)/g, 'npm_[masked]', `${GITLEAKS} npm-access-token`),
  shape(['hf_'], /(?<!\w)hf_[A-Za-z]{34}(?!\w)/g, 'hf_[masked]', `${GITLEAKS} huggingface-access-token`),
  shape(
    ['api_org_'],
    /(?<!\w)api_org_[A-Za-z]{34}(?!\w)/g,
    'api_org_[masked]',
    `${GITLEAKS} huggingface-organization-api-token`,
  ),
  shape(['gsk_'], /(?<!\w)gsk_[A-Za-z0-9]{52}(?!\w)/g, 'gsk_[masked]', `${SECRETLINT} groq`),
  shape(['xai-'], /(?<![\w-])xai-\w{60,}/g, 'xai-[masked]', 'trufflehog pkg/detectors/xai'),
  shape(['pplx-'], /(?<![\w-])pplx-[A-Za-z0-9]{48}(?!\w)/g, 'pplx-[masked]', `${GITLEAKS} perplexity-api-key`),
  shape(['nvapi-'], /(?<![\w-])nvapi-[\w-]{60,}/g, 'nvapi-[masked]', 'trufflehog pkg/detectors/nvapi'),
  shape(['SG.'], /(?<!\w)SG\.[\w-]{16,64}\.[\w-]{16,}/g, 'SG.[masked]', `${GITLEAKS} sendgrid-api-token`),
  shape(
    ['doo_v1_', 'dop_v1_', 'dor_v1_'],
    /(?<!\w)do([opr])_v1_[a-f0-9]{64}(?!\w)/g,
    'do$1_v1_[masked]',
    `${GITLEAKS} digitalocean-*`,
  ),
  shape(['pypi-AgEI'], /(?<![\w-])pypi-AgEI[\w-]{50,}/g, 'pypi-[masked]', `${GITLEAKS} pypi-upload-token`),
  shape(
    ['shpat_', 'shpca_', 'shppa_', 'shpss_'],
    /(?<!\w)shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}(?!\w)/g,
    'shp_[masked]',
    `${GITLEAKS} shopify-*`,
  ),
  shape(['lin_api_'], /(?<!\w)lin_api_[A-Za-z0-9]{40}(?!\w)/g, 'lin_api_[masked]', `${GITLEAKS} linear-api-key`),
  shape(['ntn_'], /(?<!\w)ntn_[0-9]{11}[A-Za-z0-9]{35}(?!\w)/g, 'ntn_[masked]', `${GITLEAKS} notion-api-token`),
  shape(
    ['glc_', 'glsa_'],
    /(?<!\w)(?:glc_[A-Za-z0-9+/]{32,}={0,3}|glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8})/g,
    'gl_[masked]',
    `${GITLEAKS} grafana-*`,
  ),
  shape(
    ['PMAK-'],
    /(?<!\w)PMAK-[A-Fa-f0-9]{24}-[A-Fa-f0-9]{34}(?!\w)/g,
    'PMAK-[masked]',
    `${GITLEAKS} postman-api-token`,
  ),
  shape(
    ['AGE-SECRET-KEY-1'],
    /AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}/g,
    'AGE-SECRET-KEY-1[masked]',
    `${GITLEAKS} age-secret-key`,
  ),
  // The first alternative is a complete block; the second one is a block whose end was cut off.
  shape(
    [' PRIVATE KEY'],
    /-----BEGIN (?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:(?:[A-Za-z0-9+/=\s\\:,.()]|(?<!-)-(?!-)){40,}-----END (?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----|(?:(?:\s|\\[nr])+[A-Za-z0-9+/=]{40,})+(?:(?:\s|\\[nr])+[A-Za-z0-9+/=]+$)?)/g,
    '[masked private key]',
    `${GITLEAKS} private-key, RFC 7468`,
  ),
];

function shape(starts: readonly string[], pattern: RegExp, replacement: string, source: string): SecretShape {
  return { starts, pattern, replacement, source };
}

/** Secrets that are recognised by a word next to them, in upper or lower case. */
export const contextShapes: readonly Omit<SecretShape, 'starts'>[] = [
  // "Bearer authentication" is prose: outside of a header, a token must contain a digit.
  {
    pattern:
      /(?<!\w)Bearer\s{1,4}(?:(?<=authorization\W{1,8}bearer\s{1,4})|(?=[A-Za-z.~+/=_-]{0,64}\d))[\w.~+/=-]{8,}/gi,
    replacement: 'Bearer [masked]',
    source: 'RFC 6750',
  },
  // "Basic Registration" is prose: Base64 contains a digit, padding, or an upper case letter after a lower case one.
  {
    pattern: /(?<!\w)Basic\s{1,4}(?=[A-Za-z+/]{0,64}(?:[0-9=+/]|[a-z][A-Z]))[A-Za-z0-9+/=]{12,}/g,
    replacement: 'Basic [masked]',
    source: 'RFC 7617',
  },
  { pattern: /:\/\/[^\s/@:]{1,256}:[^\s/@]{1,256}@/g, replacement: '://[masked]@', source: 'RFC 3986, userinfo' },
  {
    pattern: /([?&](?:key|api[_-]?key|(?:access_|auth_|id_)?token|sig|signature|secret|password)=)[^&\s"'<>#]+/gi,
    replacement: '$1[masked]',
    source: 'Google API keys, Azure shared access signatures (sig)',
  },
];

/** The names of secrets. Each may be the end of a longer name. */
const NAMES =
  /pass(?:word|wd|phrase)|(?<![A-Za-z])pwd|secret(?:[_-]?(?:access[_-]?)?key)?|token|(?:api|access|account|auth|encryption|private|shared[_-]?access|signing)[_-]?key/
    .source;
const SEPARATOR = /(\\?["'`]?\s{0,4}:?[=:])/.source;
const VALUE = /(>?\s{0,4})(?:(\\?["'`])([^\s"'`\\]{3,512})(?=\\?["'`])|([^\s"'`\\,;&<>(){}[\]]{1,512}))/.source;
/** Names whose values are secrets only if they are digits. {@link kindOf} decides whether the whole name is one. */
const CODES = 'pin|cvv|cvc|otp|passcode';

/**
 * Matches from `=` or `:`, a value with or without quotes, if the name of a secret is before it: searching for two
 * characters is cheaper than searching for names. `\\` allows JSON inside a JSON string.
 */
const ASSIGNMENT = new RegExp(`[=:](?<=(${NAMES}|${CODES})${SEPARATOR})${VALUE}`, 'gi');

/** Values that are not secrets: types, keywords, and references to the place of a secret. */
const PLACEHOLDER =
  /^(?:[$<{%[*#]|x{3,}|\.{3}|(?:true|false|null|nil|none|undefined|string|str|bytes|text|any|unknown|required|optional|redacted|masked|changeme|example|placeholder)\b|(?:process|os|env|self|this|config|settings|secrets|request|req|ctx|context|options|args|props|params|var|data|local|module|input)\.|your)/i;

/**
 * Masks the values of assignments such as `password=…`, `"api_key": "…"` and `AccountKey=…`. Code without a literal
 * value (`token = getToken()`, `password: string`, `api_key=api_key`) and prose are not changed.
 */
export function maskAssignments(text: string): string {
  return text.replace(
    ASSIGNMENT,
    (
      match: string,
      name: string,
      before: string,
      after: string,
      quote: string | undefined,
      quoted: string | undefined,
      bare: string | undefined,
      at: number,
    ) => {
      const nameAt = at + 1 - before.length - name.length;
      const value = quoted ?? bare ?? '';
      const keyQuote = /\\?["'`]/.exec(before)?.[0];
      if (keyQuote !== undefined && isSecretInJson(value, { quote, text, nameAt, name }))
        return `${match[0] ?? ''}${after}${quote ?? keyQuote}[masked]${quote === undefined ? keyQuote : ''}`;
      if (value.length < MIN_VALUE || codeName.test(name)) return match;
      const isSecret =
        quoted === undefined
          ? isBareSecret({ value, name, separator: before + after, text, nameAt, end: at + match.length })
          : isQuotedSecret(quoted, name);
      return isSecret ? `${match[0] ?? ''}${after}${quote ?? ''}[masked]` : match;
    },
  );
}

/** Whether a number or a text of digits after a quoted key is a secret, as in {@link isNamedSecret}. */
function isSecretInJson(value: string, { quote, text, nameAt, name }: JsonValue): boolean {
  const before = /[\w.$/-]*$/.exec(text.slice(Math.max(0, nameAt - MAX_NAME), nameAt))?.[0] ?? '';
  const key = before + name;
  if (quote !== undefined) return DIGITS.test(value) && isNamedSecret(key, value);
  return /^-?\d[\d.e+-]*$/i.test(value) && isNamedSecret(key, 0);
}

interface JsonValue {
  /** The quotation mark before the value. */
  readonly quote: string | undefined;
  readonly text: string;
  readonly nameAt: number;
  readonly name: string;
}

/**
 * What the name of a value says about it. `password`: nearly every value is a secret. `code`: numbers and texts of digits
 * are. `key`: these as well, and texts that look like keys. `token`: only texts that look like keys, because the name says
 * that a number is about the tokens of a model: how many, the time to one, the price of one.
 */
type SecretKind = 'password' | 'code' | 'key' | 'token';

const secretName = new RegExp(`(?:${NAMES})$`, 'i');
const codeName = new RegExp(`(?<![A-Za-z])(?:${CODES})$`, 'i');
const codeNameInCamelCase = /(?<=[a-z])(?:P(?:in|IN)|C(?:vv|VV|vc|VC)|O(?:tp|TP)|Passcode)$/;
/** Credentials by the word before, whatever else is in the name. */
const credentialToken =
  /(?:access|api|auth|bearer|csrf|device|id|login|refresh|reset|secret|security|session|verification|xsrf)[./:_-]?token$/i;
/** Anywhere in the name of a measurement: `usage.token`, `cost_per_token`, `maxToken`. */
const MEASUREMENTS =
  'per|usage|used|count|number|num|total|sum|max|min|avg|average|mean|limit|budget|cost|price|latency|duration|logprob';
/** Right before the token of a model: `time_to_first_token`, `outputToken`, `eos_token`. */
const KINDS_OF_TOKENS =
  'first|last|next|each|every|input|output|prompt|completion|cached|reasoning|thinking|generated|audio|image|text|bos|eos|pad|unk|sep|cls|mask|stop';
/** Matches a name {@link inWords}. */
const modelToken = new RegExp(`(?<![a-z])(?:(?:${MEASUREMENTS})(?![a-z]).*|(?:${KINDS_OF_TOKENS})_)token$`);

/** Only the end of a long name counts. */
const MAX_KEY = 128;
const MAX_KINDS = 4_096;
/** By name. An application uses few names, and a comparison with all patterns is more expensive than this. */
const kinds = new Map<string, SecretKind | 'none'>();

function kindOf(name: string): SecretKind | 'none' {
  const known = kinds.get(name);
  if (known !== undefined) return known;
  const kind = findKind(name.slice(-MAX_KEY));
  if (name.length > MAX_KEY) return kind;
  // Names may come from the data of users.
  if (kinds.size >= MAX_KINDS) kinds.clear();
  kinds.set(name, kind);
  return kind;
}

function findKind(name: string): SecretKind | 'none' {
  if (codeName.test(name) || codeNameInCamelCase.test(name)) return 'code';
  const word = secretName.exec(name)?.[0];
  if (word === undefined) return 'none';
  if (isPassword(word)) return 'password';
  const isOfModel = /token$/i.test(word) && !credentialToken.test(name) && modelToken.test(inWords(name));
  return isOfModel ? 'token' : 'key';
}

/** `time-toFirstToken` as `time_to_first_token`. */
function inWords(name: string): string {
  return name
    .replace(/(?<=[a-z\d])(?=[A-Z])/g, '_')
    .replaceAll('-', '_')
    .toLowerCase();
}

/** Whether a value of this name may be a secret. */
export function isSecretName(name: string): boolean {
  return kindOf(name) !== 'none';
}

/** Digits as a text, in groups or not. */
const CODE = /^\d[\d\s-]{2,14}$/;
const DIGITS = /^\d[\d-]{2,}$/;

/** Whether a value of parsed data is a secret by its name, as in {@link maskAssignments}. A boolean is none. */
export function isNamedSecret(name: string, value: unknown): boolean {
  const kind = kindOf(name);
  if (kind === 'none') return false;
  if (typeof value !== 'string') return kind !== 'token' && (typeof value === 'number' || typeof value === 'bigint');
  if (kind === 'code') return CODE.test(value);
  if (kind === 'key' && DIGITS.test(value)) return true;
  if (value.length < MIN_VALUE || /\s/.test(value)) return false;
  return isQuotedSecret(value, secretName.exec(name)?.[0] ?? name);
}

interface Assignment {
  readonly value: string;
  readonly name: string;
  readonly separator: string;
  readonly text: string;
  /** Where the name of the secret begins, and where the value ends. */
  readonly nameAt: number;
  readonly end: number;
}

function isQuotedSecret(value: string, name: string): boolean {
  if (PLACEHOLDER.test(value) || isPath(value, name)) return false;
  if (isPassword(name)) return !repeatsName(value, name);
  // In prose or in code the value is a word; a secret is not.
  return value.length >= 8 && /\d/.test(value) && /[A-Za-z]/.test(value);
}

function isBareSecret(assignment: Assignment): boolean {
  const { value, name, separator, text, end } = assignment;
  const next = text[end];
  if (next === '(' || next === '[' || next === '{') return false;
  if (PLACEHOLDER.test(value) || isPath(value, name) || repeatsName(value, name)) return false;
  const hasDigit = /\d/.test(value);
  const isMixed = hasDigit && /[A-Za-z]/.test(value);
  if (separator === '=') {
    // `DB_PASSWORD=…` of an env file, `--password=…` of a command line, `;Password=…` of a connection string.
    if (name === name.toUpperCase() || isSetting(assignment)) return true;
    return isPassword(name) ? hasDigit : isMixed && value.length >= 6;
  }
  if (isPassword(name)) return hasDigit && value.length >= 6;
  // Without a space, `:` is part of a name, such as `arn:aws:secretsmanager:…:secret:…`.
  return /\s/.test(separator) && isMixed && value.length >= 16;
}

/** Whether the assignment is part of a connection string or a command line, or has its own line. */
function isSetting({ text, nameAt, end }: Assignment): boolean {
  const before = text[nameStart(text, nameAt) - 1];
  const after = text[end];
  if (before === ';' || before === '-') return true;
  const beginsLine = before === undefined || before === '\n';
  return beginsLine && (after === undefined || after === '\n' || after === '\r' || after === ';');
}

/** Shorter values are masked only in JSON, after the name of a secret. */
const MIN_VALUE = 4;
/** Maximum length of a setting's name, which limits the lookbehind. */
const MAX_NAME = 64;

/** Where the complete name begins. The matched word may be only its end: `db.user_password`. */
function nameStart(text: string, at: number): number {
  let start = at;
  while (start > 0 && at - start < MAX_NAME && /[\w.]/.test(text[start - 1] ?? '')) start -= 1;
  return start;
}

function isPassword(name: string): boolean {
  return /^p(?:ass|wd)/i.test(name);
}

/** `PWD` is also the working directory of a shell. */
function isPath(value: string, name: string): boolean {
  return name.length === 3 && /[/\\~]/.test(value);
}

/** `password=user_password`: a variable that is passed on. */
function repeatsName(value: string, name: string): boolean {
  return /^[A-Za-z_][\w.]*$/.test(value) && value.toLowerCase().includes(name.toLowerCase().slice(0, 5));
}
