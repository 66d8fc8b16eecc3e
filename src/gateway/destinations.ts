import { basename } from 'node:path';
import type { Environment } from '../configuration/environment.ts';
import { withoutCredentials } from '../configuration/readers.ts';
import type { OutgoingRequest } from '../delivery/delivery.ts';
import { contentModeOf, type DestinationContext, planDestination } from '../exporter/destinations/open-destination.ts';
import { presetNames, presetVariables } from '../exporter/destinations/presets.ts';
import { recordsOf } from '../exporter/destinations/records-of.ts';
import { openPipeline } from '../exporter/pipeline.ts';
import { resolveContent } from '../exporter/settings.ts';
import type { Interaction } from '../interaction/interaction.ts';
import { asIs } from '../interaction/mask.ts';
import { sampleInteraction } from '../interaction/sample.ts';
import { otlpAsJson, PROTOBUF, unzipped } from '../otlp/shown-request.ts';
import { spanDataOf } from '../semconv/to-span.ts';
import type { Buckets } from '../store/activity.ts';
import type { InteractionToSend } from '../store/background.ts';
import type { Store } from '../store/store.ts';
import { vendorNamed, vendors } from '../vendors/index.ts';
import type { Answer, Destination } from './api/routes.ts';

const PLAIN_HEADERS = new Set(['content-type', 'content-encoding', 'user-agent', 'accept']);

/** What the settings decide for a destination that this gateway forwards to. */
export type DestinationSettings = Pick<Destination, 'address' | 'content'>;

/** The destinations that this gateway forwards to, then the vendors and the presets that it could forward to. */
export async function listDestinations(
  store: Store,
  forwarded: readonly string[],
  settingsOf: (name: string) => DestinationSettings,
  within?: Buckets,
): Promise<Destination[]> {
  const counts = await store.read.deliveryCounts();
  const others = [...vendors.map(({ name }) => name), ...presetNames];
  const names = [...forwarded, ...counts.map(({ destination }) => destination), ...others];
  const rows = [...new Set(names)].map(async (name) => {
    const own = counts.filter(({ destination }) => destination === name);
    const vendor = vendorNamed(name);
    const isConfigured = forwarded.includes(name);
    const { p50, p99, last } = own.length > 0 ? await store.read.answers(name) : {};
    const lastDeliveredAt = own.find(({ state }) => state === 'delivered')?.lastAt;
    const waiting = own
      .filter(({ state }) => state === 'waiting' || state === 'retrying')
      .map(({ firstAt }) => firstAt);
    return {
      name,
      isConfigured,
      isStopped: own.some(({ state, records }) => state === 'stopped' && records > 0),
      ...(lastDeliveredAt !== undefined && { lastDeliveredAt }),
      counts: Object.fromEntries(own.map(({ state, records }) => [state, records])),
      setUp: setUpOf(name),
      isVendor: vendor !== undefined,
      takesFeedback: vendor?.encodeFeedback !== undefined,
      ...(within && isConfigured && { activity: await activityOf(store, name, within) }),
      ...(isConfigured && settingsOf(name)),
      ...(waiting.length > 0 && { oldestAt: Math.min(...waiting) }),
      ...(p50 !== undefined && { p50 }),
      ...(p99 !== undefined && { p99 }),
      ...(last && { lastAttempt: last as Destination['lastAttempt'] }),
    };
  });
  return Promise.all(rows);
}

async function activityOf(
  { read }: Store,
  name: string,
  within: Buckets,
): Promise<NonNullable<Destination['activity']>> {
  const { delivered, waiting, failed } = await read.activity(name, within);
  return {
    start: within.startUs / 1e3,
    bucketMillis: within.bucketUs / 1e3,
    delivered: [...delivered],
    waiting: [...waiting],
    failed: [...failed],
  };
}

/** Reads the settings of each destination. Addresses are known a moment later: a request is built to find each. */
export function destinationSettings(
  names: readonly string[],
  environment: Environment,
): (name: string) => DestinationSettings {
  const context = contentContext(environment);
  const all = new Map<string, DestinationSettings>();
  for (const name of names) {
    const content = contentModeOf(name, context);
    all.set(name, { content });
    requestOf({ interaction: sampleInteraction, span: spanDataOf(sampleInteraction) }, name, environment).then(
      (request) => request && all.set(name, { content, address: addressOf(request.url) }),
      () => undefined,
    );
  }
  return (name) => all.get(name) ?? {};
}

/** What decides the content of each destination, as in the forwarder: a preview shows what the destination receives. */
function contentContext(environment: Environment): Pick<DestinationContext, 'content' | 'contentOnSpans'> {
  return { content: resolveContent(undefined, environment), contentOnSpans: false };
}

/** Without the credentials that a URL may hold. */
function addressOf(url: string): string {
  if (!URL.canParse(url)) return url;
  const { protocol, host, pathname } = new URL(url);
  return protocol === 'file:' ? `file, ${basename(pathname)}` : host;
}

/** The request that a destination would receive for an interaction, without credentials. Nothing is sent. */
export async function requestFor(
  store: Store,
  id: string,
  name: string,
  environment: Environment,
  project?: string,
): Promise<Answer<'getDelivery'>['request']> {
  const found = await store.read.interactionToSend(id, project);
  return found && requestOf(found, name, environment);
}

async function requestOf(
  { interaction, span }: Pick<InteractionToSend, 'interaction' | 'span'>,
  name: string,
  environment: Environment,
): Promise<Answer<'getDelivery'>['request']> {
  const local = localRequest(name, interaction, shownEnvironment(name, environment));
  if (local) return local;
  const requests: OutgoingRequest[] = [];
  const pipeline = openPipeline({
    mask: asIs,
    transport: () => async (request) => {
      requests.push(request);
      return request.method === 'GET'
        ? { status: 404, headers: {}, body: '' }
        : { status: 200, headers: {}, body: '{}' };
    },
    write: () => undefined,
  });
  try {
    const context = {
      ...contentContext(environment),
      spool: undefined,
      warn: () => undefined,
    };
    pipeline.join(planDestination(name, { ...context, environment: shownEnvironment(name, environment) }));
  } catch {
    return undefined;
  }
  pipeline.take(span);
  await pipeline.shutdown(1_000);
  const request = requests.find(({ method }) => method !== 'GET');
  return request && shownRequest(request);
}

/** The record for a vendor whose output is a file or a function: there is no request. */
function localRequest(
  name: string,
  interaction: Interaction,
  environment: Environment,
): Answer<'getDelivery'>['request'] {
  const vendor = vendorNamed(name);
  if (!vendor?.localOutput) return undefined;
  try {
    const options = vendor.resolveOptions({}, environment);
    const output = vendor.localOutput(options);
    const content = contentModeOf(name, contentContext(environment));
    const [record] = output ? recordsOf(vendor, options, interaction, content) : [];
    if (!output || !record) return undefined;
    const url = output.kind === 'file' ? `file:${output.path}` : 'your function';
    return { method: 'WRITE', url, headers: {}, body: JSON.parse(JSON.stringify(record.payload)) as unknown };
  } catch {
    return undefined;
  }
}

/** Where each field of a vendor's payload comes from; undefined for what is not a vendor. */
export async function vendorFields(name: string): Promise<Answer<'getVendorFields'> | undefined> {
  const found = await vendorNamed(name)?.fields?.();
  if (!found) return undefined;
  const { fields, changed, lost } = found;
  return {
    fields: fields.map(({ path, meaning, from, back }) => ({
      path,
      meaning,
      from: [...from],
      ...(back && { back: [...back] }),
    })),
    changed: { ...changed },
    lost: [...lost],
  };
}

/** The variables that a person sets to use a destination. */
function setUpOf(name: string): string[] {
  const vendor = vendorNamed(name);
  return vendor ? [...vendor.secrets, ...Object.keys(vendor.sampleSettings ?? {})] : presetVariables(name);
}

/** Opens a vendor for a preview, which needs no keys and no configuration. */
function shownEnvironment(name: string, environment: Environment): Environment {
  const vendor = vendorNamed(name);
  if (!vendor) return { ...Object.fromEntries(presetVariables(name).map(sampleSetting)), ...environment };
  const secrets = Object.fromEntries(vendor.secrets.map((variable) => [variable, '***']));
  return { ...vendor.sampleSettings, ...environment, ...secrets };
}

/** A value for a variable of a preset that is not set. */
function sampleSetting(variable: string): [name: string, value: string] {
  if (variable.endsWith('ENDPOINT')) return [variable, 'https://otlp.example'];
  return [variable, variable.endsWith('HEADERS') ? 'authorization=***' : '***'];
}

function shownRequest({ method, url, headers, body }: OutgoingRequest): NonNullable<Answer<'getDelivery'>['request']> {
  const bytes = unzipped(headers, body);
  return {
    method,
    url: withoutCredentials(url),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, PLAIN_HEADERS.has(name.toLowerCase()) ? value : '***']),
    ),
    body: headers['content-type'] === PROTOBUF ? otlpAsJson(bytes) : bodyFrom(Buffer.from(bytes).toString('utf8')),
  };
}

function bodyFrom(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
