import assert from 'node:assert/strict';
import type { Environment } from '../configuration/environment.ts';
import type { Answer, Asked, DeliveryOutcome } from '../delivery/delivery.ts';
import type { Interaction } from '../interaction/interaction.ts';
import type { VendorFields } from '../vendors/fields.ts';
import type { Feedback, Vendor, VendorRecord } from '../vendors/vendor.ts';
import {
  fullInteraction,
  fullRun,
  interactionWithoutContent,
  oddInteractions,
  PLANTED_TEXT,
} from './sample-interactions.ts';
import { checkLosses, fieldOf, pathsIn } from './vendor-losses.ts';

/** One rule for vendors. `title` and `check` are the arguments of `it` in any test framework. */
export interface ContractCheck {
  /** The rule, as the title of a test. */
  readonly title: string;
  /** Fails if the vendor breaks the rule. */
  readonly check: () => Promise<void>;
}

/** What the suite needs to check a vendor. Only the first three are required; each of the others adds checks. */
export interface VendorContract<Options, Payload> {
  /** The vendor to check. */
  readonly vendor: Vendor<Options, Payload>;
  /** An environment that is enough to configure the vendor. */
  readonly environment: Environment;
  /** Values in it that are keys. They may be in a request and nowhere else. */
  readonly secrets: readonly string[];
  /** Options over the environment. */
  readonly options?: Partial<Options>;
  /** The vendor's schema: throws on a payload that the vendor would refuse. */
  readonly parse?: (payload: unknown) => unknown;
  /** Payloads made by hand from the vendor's documentation. */
  readonly golden?: readonly GoldenCase[];
  /** Requests of the vendor's real clients, which `decode` has to read. */
  readonly captured?: readonly CapturedCase[];
  /** The vendor's status table. */
  readonly outcomes?: readonly OutcomeCase[];
  /**
   * Checks a rule with generated interactions, such as `(rule) => fc.assert(fc.asyncProperty(anyInteraction, rule))` with
   * fast-check. Without it the rules are checked with the suite's own samples only.
   */
  readonly forAll?: (rule: (interaction: Interaction) => Promise<void>) => Promise<void>;
}

/** An interaction, and the payloads that the vendor's documentation requires for it. */
export interface GoldenCase {
  /** A part of the check's title. */
  readonly name: string;
  /** What is encoded. */
  readonly interaction: Interaction;
  /** The expected payloads, in order. */
  readonly payloads: readonly unknown[];
}

/** A payload that one of the vendor's own clients sent. */
export interface CapturedCase {
  /** A part of the check's title. */
  readonly name: string;
  /** The body of the request. */
  readonly payload: unknown;
  /** Texts in it that must not be kept: keys of other services. */
  readonly secrets?: readonly string[];
}

/** A response of the vendor, and what becomes of the record. */
export interface OutcomeCase extends Partial<Answer> {
  /** The HTTP status. */
  readonly status: number;
  /** What was asked. Default: what a record's request asks. */
  readonly asked?: Asked;
  /** The expected outcome. */
  readonly outcome: DeliveryOutcome['status'];
}

/**
 * The rules for vendors, one check each.
 * @example
 * for (const { title, check } of vendorContract({ vendor, environment, secrets })) it(title, check);
 */
export function vendorContract<Options, Payload>(contract: VendorContract<Options, Payload>): readonly ContractCheck[] {
  const {
    vendor,
    environment,
    secrets,
    golden = [],
    captured = [],
    outcomes = [],
    parse = (payload) => payload,
  } = contract;
  const options = vendor.resolveOptions(contract.options ?? {}, environment);
  const samples = [
    fullInteraction,
    fullRun,
    interactionWithoutContent,
    ...golden.map(({ interaction }) => interaction),
  ];
  const encode = (interaction: Interaction): readonly VendorRecord<Payload>[] => vendor.encode(interaction, options);
  const payloadsOf = (interaction: Interaction): Payload[] => encode(interaction).map(({ payload }) => payload);
  /** For a vendor of whole conversations, several records make one. */
  const joined = (payloads: readonly Payload[]): readonly Payload[] => {
    const [first, ...others] = payloads;
    const merge = vendor.merge?.bind(vendor);
    return merge && first ? [others.reduce((whole, next) => merge(whole, next), merge(undefined, first))] : payloads;
  };
  const forAll = contract.forAll ?? ((law) => eachOf(samples, law));

  const checks: Record<string, () => void | Promise<void>> = {
    'has a name that can stand in a list of destinations': () => assert.match(vendor.name, /^[a-z][a-z0-9-]*$/),

    'is configured by its environment alone': () => {
      assert.equal(vendor.isConfigured(environment), true);
      assert.equal(vendor.isConfigured({}), false);
      vendor.resolveOptions({}, environment);
    },

    'says in one sentence which setting is missing, and prints no key': () => {
      for (const variable of Object.keys(environment)) {
        if (!secrets.includes(environment[variable] ?? '')) continue;
        const error = thrownBy(() => vendor.resolveOptions({}, { ...environment, [variable]: '' }));
        assert.equal(error?.name, 'ConfigurationError');
        assert.match(error.message, new RegExp(`${variable}.*\\.$`));
        refuteSecrets(error.message, secrets);
      }
    },

    'encodes without changing its input, without a clock and without chance': () => {
      for (const interaction of samples) {
        const frozen = deepFrozen(structuredClone(interaction));
        const [first, second] = withoutClock(() => [encode(frozen), encode(frozen)]);
        assert.deepEqual(first, second);
      }
    },

    'makes payloads that its schema takes and JSON keeps': () =>
      forAll(async (interaction) => {
        for (const { id, payload } of encode(interaction)) {
          assert.ok(id.length > 0);
          parse(payload);
          assert.deepEqual(JSON.parse(JSON.stringify(payload)), payload);
        }
      }),

    'gives each record of an interaction an id of its own': () => {
      for (const interaction of samples) {
        const ids = encode(interaction).map(({ id }) => id);
        assert.equal(new Set(ids).size, ids.length);
      }
    },

    'encodes again what it decoded: encode(decode(encode(x))) = encode(x)': () =>
      forAll(async (interaction) => {
        for (const payload of payloadsOf(interaction)) {
          const again = joined((await vendor.decode(payload)).flatMap(payloadsOf));
          assert.deepEqual(again, [payload]);
        }
      }),

    'keeps its keys out of payloads': () => {
      for (const interaction of samples) refuteSecrets(JSON.stringify(encode(interaction)), secrets);
    },

    'sends the messages, and none of their text once the content is dropped': () => {
      assert.ok(JSON.stringify(encode(fullInteraction)).includes(PLANTED_TEXT), 'the content is not sent at all');
      const text = JSON.stringify(encode(interactionWithoutContent));
      assert.ok(!text.includes(PLANTED_TEXT), 'the vendor kept content somewhere else');
    },

    'makes the same complete request each time, with no key in its URL': () => {
      for (const payload of samples.flatMap(payloadsOf)) {
        const request = withoutClock(() => vendor.request(deepFrozen(structuredClone(payload)), options));
        assert.deepEqual(vendor.request(payload, options), request);
        assert.ok(URL.canParse(request.url), `${request.url} is no URL`);
        refuteSecrets(request.url, secrets);
      }
    },

    'refuses to decode what is not a payload': async () => {
      for (const nonsense of [null, undefined, 7, 'text', [], {}, { unknown: true }])
        await assert.rejects(async () => vendor.decode(nonsense), `decoded ${JSON.stringify(nonsense)}`);
    },

    'decodes alike each time, without changing its input': async () => {
      for (const payload of [...samples.flatMap(payloadsOf), ...captured.map((request) => request.payload)]) {
        const frozen = deepFrozen(structuredClone(payload));
        assert.deepEqual(await vendor.decode(frozen), await vendor.decode(frozen));
      }
    },

    'judges any answer, and takes no failure for a success': () => {
      for (let status = 100; status < 600; status += 1)
        for (const body of ['', '{', '[]', 'null', '{"status":"error"}', '<html>']) {
          const outcome = vendor.outcome({ status, headers: {}, body });
          assert.ok(outcome.status !== 'delivered' || (status >= 200 && status < 300), `${status} counts as delivered`);
        }
    },

    'retries what may pass, not before the time that the vendor names': () => {
      for (const status of [408, 425, 429, 500, 502, 503, 504]) {
        const outcome = vendor.outcome({ status, headers: { 'retry-after': '7' }, body: '' });
        assert.equal(outcome.status, 'retryable', `${status} is not retried`);
        assert.equal(outcome.retryAfterMillis, 7000);
      }
    },
  };

  // A table describes the default options.
  if (vendor.fields && !contract.options) Object.assign(checks, fieldChecks(vendor, options, forAll));
  for (const { name, interaction, payloads } of golden) {
    checks[`encodes ${name} as its golden file says`] = () => assert.deepEqual(payloadsOf(interaction), payloads);
    checks[`reads ${name} back from its golden file`] = async () => {
      for (const payload of payloads) {
        const decoded = await vendor.decode(payload);
        assert.deepEqual(joined(decoded.flatMap(payloadsOf)), [payload]);
      }
    };
  }
  for (const { name, payload, secrets: foreign = [] } of captured) {
    checks[`understands ${name}`] = async () => {
      const decoded = await vendor.decode(payload);
      assert.ok(decoded.length > 0, 'no interaction was read');
      refuteSecrets(JSON.stringify(decoded), [...foreign, ...secrets]);
      for (const again of decoded.flatMap(payloadsOf)) parse(again);
    };
  }
  for (const { name, interaction } of oddInteractions) {
    checks[`stays valid with ${name}`] = () => {
      for (const { payload } of encode(interaction)) {
        parse(payload);
        const { body } = vendor.request(payload, options);
        const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
        assert.doesNotMatch(text, /\\u(0000|d[89a-f])/i, 'the body holds what no store takes');
      }
    };
  }
  for (const { status, headers = {}, body = '', asked, outcome } of outcomes) {
    const answer = body === '' ? String(status) : `${status} ${body}`;
    const to = asked === undefined ? '' : ` to ${asked.method} ${asked.url}`;
    checks[`takes ${answer}${to} for ${outcome}`] = () =>
      assert.equal(vendor.outcome({ status, headers, body }, asked).status, outcome);
  }
  if (vendor.encodeFeedback) {
    checks['names the answer in a feedback by the id that the record gave it'] = () => {
      const [record] = encode(fullInteraction);
      const feedback: Feedback = {
        rating: 'negative',
        comment: 'wrong day',
        ...(record?.answerId !== undefined && { answerId: record.answerId }),
        responseId: 'chatcmpl-1',
        time: 1763000002000,
      };
      const given = withoutClock(() => vendor.encodeFeedback?.(deepFrozen(feedback), options)) ?? [];
      assert.ok(given.length > 0, 'no feedback was made');
      for (const { payload } of given) parse(payload);
      refuteSecrets(JSON.stringify(given), secrets);
      const words = JSON.stringify(given);
      assert.ok(words.includes(record?.answerId ?? ''), 'the feedback names another answer');
    };
  }
  if (vendor.merge) {
    checks['merges alike each time, and a repeated record changes nothing'] = () => {
      for (const payload of samples.flatMap(payloadsOf)) {
        const merged = vendor.merge?.(undefined, deepFrozen(structuredClone(payload)));
        assert.deepEqual(vendor.merge?.(deepFrozen(merged), payload), merged);
      }
    };
  }
  return Object.entries(checks).map(([title, check]) => ({ title, check: async () => check() }));
}

type ForAll = NonNullable<VendorContract<unknown, unknown>['forAll']>;

/** The vendor's table of fields against what it writes and reads. */
function fieldChecks<Options, Payload>(
  vendor: Vendor<Options, Payload>,
  options: Options,
  forAll: ForAll,
): Readonly<Record<string, () => Promise<void>>> {
  const fields = async (): Promise<VendorFields> => (await vendor.fields?.()) ?? { fields: [], changed: {}, lost: [] };
  return {
    'has a field in its table for every value of a request': async () => {
      const table = await fields();
      await forAll(async (interaction) => {
        for (const { payload } of vendor.encode(interaction, options)) {
          const { body } = vendor.request(payload, options);
          const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
          for (const path of pathsIn(JSON.parse(text)))
            assert.ok(fieldOf(table, path) !== undefined, `no field covers ${path}`);
        }
      });
    },

    'loses what its table says and nothing else': async () => {
      const table = await fields();
      await forAll(async (interaction) => {
        const records = vendor.encode(interaction, options);
        const [record] = records;
        // An interaction with several records is read back as several.
        if (!record || records.length > 1) return;
        const payload = vendor.merge?.(undefined, record.payload) ?? record.payload;
        const decoded = await vendor.decode(payload);
        if (decoded[0] && decoded.length === 1) checkLosses(table, interaction, decoded[0]);
      });
    },
  };
}

async function eachOf<T>(items: readonly T[], law: (item: T) => Promise<void>): Promise<void> {
  for (const item of items) await law(item);
}

function thrownBy(act: () => unknown): Error | undefined {
  try {
    act();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
  return undefined;
}

function refuteSecrets(text: string, secrets: readonly string[]): void {
  assert.ok(!secrets.some((secret) => text.includes(secret)), 'a key is in what must not hold one');
}

function deepFrozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const item of Object.values(value)) deepFrozen(item);
  return Object.freeze(value);
}

/** Runs a function that must not use the clock or random numbers: using one throws. */
function withoutClock<T>(act: () => T): T {
  const { Date: RealDate, Math: RealMath } = globalThis;
  const refuse = (): never => {
    throw new Error('a codec has no clock and no chance');
  };
  class StoppedDate extends RealDate {
    constructor(...values: [] | [value: string | number | Date]) {
      super(values[0] ?? refuse());
    }
    static override now(): number {
      return refuse();
    }
  }
  const random = RealMath.random;
  globalThis.Date = StoppedDate as DateConstructor; // the parts of it that a codec may use
  RealMath.random = refuse;
  try {
    return act();
  } finally {
    globalThis.Date = RealDate;
    RealMath.random = random;
  }
}
