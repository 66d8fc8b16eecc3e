import type { Environment } from '../../configuration/environment.ts';
import type { NamedDestination } from '../../exporter/destinations/open-destination.ts';
import { hasOtlpEndpoint } from '../../exporter/destinations/otlp-options.ts';
import { vendors } from '../../vendors/index.ts';
import { type Sink, startSink, type VendorName, vendorNames } from './sinks.ts';

/** The options of each vendor's exporter: what authorises, and where it sends, with the path its own server has. */
const options: Readonly<
  Record<VendorName, { readonly keys: readonly string[]; readonly url: string; readonly path: string }>
> = {
  athina: { keys: ['apiKey'], url: 'baseUrl', path: '' },
  reconify: { keys: ['appKey', 'apiKey'], url: 'tracker', path: '/track' },
  inkeep: { keys: ['apiKey'], url: 'url', path: '' },
  requesty: { keys: ['apiKey'], url: 'url', path: '/insight' },
  kore: { keys: [], url: 'output', path: '/' },
};

/** A vendor that the demo sends to: its sink, and what `start()` is told. */
export interface DemoVendor {
  readonly name: VendorName;
  readonly sink: Sink;
  readonly destination: NamedDestination;
  /** The host that gets the payloads as well, with `--live`. */
  readonly liveHost?: string;
}

/** Starts a sink for each vendor. With `live`, those whose keys are in the environment pass on to the real vendor. */
export function startVendors(environment: Environment, live: boolean): Promise<DemoVendor[]> {
  return Promise.all(
    vendorNames.map(async (name) => {
      const real = live ? realVendor(name, environment) : undefined;
      const keys = real?.keys ?? Object.fromEntries(options[name].keys.map((key) => [key, `demo-${name}-${key}`]));
      const sink = await startSink(name, { key: keys['apiKey'], secrets: Object.values(keys), relay: real?.url });
      const path = real ? real.url.pathname.replace(/\/$/, '') : options[name].path;
      return {
        name,
        sink,
        destination: { name, content: 'full', ...keys, [options[name].url]: `${sink.url}${path}` },
        ...(real && { liveHost: real.url.host }),
      };
    }),
  );
}

function realVendor(
  name: VendorName,
  environment: Environment,
): { readonly keys: Readonly<Record<string, string>>; readonly url: URL } | undefined {
  const vendor = vendors.find((vendor) => vendor.name === name);
  if (!vendor?.isConfigured(environment)) return undefined;
  const settings = vendor.resolveOptions({}, environment) as Readonly<Record<string, unknown>>;
  // Kore's output is an object once it is settled: a URL, or a file, which the demo leaves alone.
  const setting = settings[options[name].url] as string | { readonly url?: string };
  const url = typeof setting === 'string' ? setting : setting.url;
  if (url === undefined) return undefined;
  return { keys: Object.fromEntries(options[name].keys.map((key) => [key, String(settings[key])])), url: new URL(url) };
}

/** What the environment wants besides the vendors: an OTLP endpoint, presets, files. The terminal is ours. */
export function otherDestinations(environment: Environment): string[] {
  const named = (environment['SPANPORT_DESTINATIONS'] ?? '').split(',').map((name) => name.trim());
  const others = named.filter((name) => name && name !== 'console' && !vendorNames.some((vendor) => vendor === name));
  if (hasOtlpEndpoint(environment) && !others.includes('otlp')) others.push('otlp');
  return others;
}
