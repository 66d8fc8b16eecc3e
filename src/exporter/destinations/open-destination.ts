import type { Environment } from '../../configuration/environment.ts';
import { didYouMean } from '../../configuration/nearest.ts';
import { ConfigurationError, listFrom } from '../../configuration/readers.ts';
import { type AnyVendor, vendorNamed, vendors } from '../../vendors/index.ts';
import type { ContentMode } from '../content-policy.ts';
import { type ContentChoice, checkedMode } from '../content-setting.ts';
import type { SpanDestination } from '../destination.ts';
import type { OpenDestination } from '../pipeline.ts';
import type { SpoolSettings } from '../settings.ts';
import type { UncheckedDestination, UncheckedSetting } from './destination-setting.ts';
import { hasGateway, resolveGateway } from './gateway-options.ts';
import { knownNames } from './known-names.ts';
import { type LineOutput, spanLineDestination } from './line-destination.ts';
import { officialOtlpDestination } from './official-otlp-destination.ts';
import { openDelivery } from './open-delivery.ts';
import { openVendor } from './open-vendor.ts';
import { type OtlpOptions, otlpDeliveryDestination, otlpDestination } from './otlp-destination.ts';
import { hasOtlpEndpoint, resolveOtlp } from './otlp-options.ts';
import { resolvePreset } from './presets.ts';
import { readAll } from './read-all.ts';

const DESTINATIONS = 'SPANPORT_DESTINATIONS';

export interface DestinationContext {
  readonly environment: Environment;
  readonly content: ContentChoice;
  /** Whether the capture variable enables content on spans, which is the default of `otlp` and presets. */
  readonly contentOnSpans: boolean;
  readonly spool: SpoolSettings | undefined;
  readonly warn: (message: string) => void;
  /** What names the destination, for messages. Default: `SPANPORT_DESTINATIONS`. */
  readonly namedBy?: string;
}

/**
 * Checks all settings of a destination without opening it, so that an invalid setting prevents the start of all of
 * them.
 * @returns a function that opens the destination, for `pipeline.join`
 * @throws ConfigurationError for an invalid setting
 */
export function planDestination(setting: UncheckedSetting, context: DestinationContext): OpenDestination {
  if (typeof setting === 'object' && 'take' in setting) return () => setting as SpanDestination;
  const named: UncheckedDestination =
    typeof setting === 'string' ? { name: setting.trim() } : (setting as UncheckedDestination);
  const { name, content: _, ...given } = named;
  if (typeof name !== 'string') throw new ConfigurationError('A destination has no name: write { name: … } or a name.');
  const own = named.content === undefined ? undefined : checkedMode(named.content, `content of ${name}`);
  const vendor = vendorNamed(name);
  const mode = own ?? contentModeOf(name, context, vendor);

  if (name === 'console' || name.startsWith('file:')) {
    const output = readAll(name, given, () => outputOf(name, context));
    return (host) => spanLineDestination(name, output, mode, host);
  }

  if (vendor) {
    const options = readAll(name, given, (read) => vendor.resolveOptions(read, context.environment));
    return (host) => openVendor(vendor, options, mode, context.spool, host);
  }
  const otlp = readAll(name, given, (read) => otlpOptionsOf(name, read, context));
  if (otlp) {
    if (otlp.exporter === 'official') return () => officialOtlpDestination(name, otlp, mode);
    return (host) => {
      const delivery = openDelivery(otlpDeliveryDestination(name, otlp), context.spool, host, otlp.connection);
      return otlpDestination(name, otlp, mode, delivery);
    };
  }
  throw new ConfigurationError(
    `Unknown destination '${name}' in ${context.namedBy ?? DESTINATIONS}.${didYouMean(name, knownNames())} Available: ${knownNames().join(', ')}, file:PATH.`,
  );
}

/** Which content a destination receives. Backends of OTLP receive none by default, because spans often go to several teams. */
export function contentModeOf(
  name: string,
  { content, contentOnSpans }: Pick<DestinationContext, 'content' | 'contentOnSpans'>,
  vendor: AnyVendor | undefined = vendorNamed(name),
): ContentMode {
  const isOwnFormat = name === 'console' || name === 'spanport' || name.startsWith('file:') || vendor !== undefined;
  return content(contentKey(name)) ?? (isOwnFormat || contentOnSpans ? 'full' : 'none');
}

function otlpOptionsOf(
  name: string,
  given: Partial<OtlpOptions>,
  { environment, warn }: DestinationContext,
): OtlpOptions | undefined {
  if (name === 'spanport') return resolveGateway(given, environment, warn);
  return name === 'otlp' ? resolveOtlp(given, environment, warn) : resolvePreset(name, given, environment, warn);
}

/** The name of a destination in `SPANPORT_CONTENT`. */
function contentKey(name: string): string {
  return name.startsWith('file:') ? 'file' : name;
}

function outputOf(name: string, { namedBy = DESTINATIONS }: DestinationContext): LineOutput {
  if (name === 'console') return { kind: 'console' };
  const path = name.slice('file:'.length);
  if (path !== '') return { kind: 'file', path };
  throw new ConfigurationError(`${namedBy} has 'file:' without a path. Use file:PATH, such as file:spans.jsonl.`);
}

/**
 * The destinations that the environment configures: those listed in `SPANPORT_DESTINATIONS`; else those whose keys are
 * set, and `otlp` if its endpoint is set, unless `OTEL_TRACES_EXPORTER` is set. Empty if none is configured.
 */
export function destinationsFrom(
  environment: Environment,
  warn: (message: string) => void,
): readonly string[] | 'none' {
  const listed = environment[DESTINATIONS]?.trim();
  if (listed) return [...new Set(listFrom(listed))];
  const configured = vendors.filter((vendor) => vendor.isConfigured(environment)).map(({ name }) => name);
  const words = listFrom(environment['OTEL_TRACES_EXPORTER']?.toLowerCase());
  if (words.includes('none')) return configured.length > 0 ? configured : 'none';
  const standard: string[] = words.filter((word) => word === 'otlp' || word === 'console');
  for (const word of words)
    if (!standard.includes(word)) warn(`OTEL_TRACES_EXPORTER is '${word}': use otlp, console or none. It is ignored.`);
  if (standard.length === 0 && hasOtlpEndpoint(environment)) standard.push('otlp');
  if (hasGateway(environment)) standard.push('spanport');
  return [...configured, ...new Set(standard)];
}
