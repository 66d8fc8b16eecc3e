import type { Environment } from '../../configuration/environment.ts';
import { listFrom } from '../../configuration/readers.ts';
import type { DestinationSetting } from '../../exporter/destinations/destination-setting.ts';
import { hasGateway } from '../../exporter/destinations/gateway-options.ts';
import { hasOtlpEndpoint } from '../../exporter/destinations/otlp-options.ts';
import type { VendorDemo } from '../../vendors/demo.ts';
import { type AnyVendor, vendorNamed, vendors } from '../../vendors/index.ts';
import { type Sink, startSink } from './sinks.ts';

/** The service that spans name, where the environment names none. */
export const DEMO_SERVICE = 'spanport-demo';

/** A vendor that the demo sends to: its sink, and the destination for `start()`. */
export interface DemoVendor {
  readonly name: string;
  readonly sink: Sink;
  readonly destination: DestinationSetting;
  /** How many payloads the demo makes, at least. */
  readonly payloads: number;
  /** The host that gets the payloads as well, with `--live`. */
  readonly liveHost?: string;
}

/** Starts a sink for each vendor. With `live`, those whose keys are in the environment relay to the real vendor. */
export function startVendors(environment: Environment, live: boolean): Promise<DemoVendor[]> {
  return Promise.all(
    vendors.map(async (vendor) => {
      const { name } = vendor;
      const demo = await vendor.demo();
      const real = live ? realVendor(vendor, demo, environment) : undefined;
      const keys = real?.keys ?? Object.fromEntries(demo.keyOptions.map((key) => [key, `demo-${name}-${key}`]));
      const sink = await startSink(demo, { key: keys['apiKey'], secrets: Object.values(keys), relay: real?.url });
      const path = real ? real.url.pathname.replace(/\/$/, '') : demo.urlPath;
      return {
        name,
        sink,
        payloads: demo.payloads,
        // Only the vendor knows the names of its options; start() checks them.
        destination: { name, content: 'full', ...keys, [demo.urlOption]: `${sink.url}${path}` } as DestinationSetting,
        ...(real && { liveHost: real.url.host }),
      };
    }),
  );
}

function realVendor(
  vendor: AnyVendor,
  { keyOptions, urlOption }: VendorDemo,
  environment: Environment,
): { readonly keys: Readonly<Record<string, string>>; readonly url: URL } | undefined {
  if (!vendor.isConfigured(environment)) return undefined;
  const settings = vendor.resolveOptions({}, environment) as Readonly<Record<string, unknown>>;
  // Kore's resolved output is an object: a URL, or a file, which the demo leaves alone.
  const setting = settings[urlOption] as string | { readonly url?: string };
  const url = typeof setting === 'string' ? setting : setting.url;
  if (url === undefined) return undefined;
  return { keys: Object.fromEntries(keyOptions.map((key) => [key, String(settings[key])])), url: new URL(url) };
}

/** Other destinations of the environment: an OTLP endpoint, presets, files. The demo itself uses the terminal. */
export function otherDestinations(environment: Environment): string[] {
  const named = listFrom(environment['SPANPORT_DESTINATIONS']);
  const others = named.filter((name) => name !== 'console' && !vendorNamed(name));
  if (hasOtlpEndpoint(environment) && !others.includes('otlp')) others.push('otlp');
  if (hasGateway(environment) && !others.includes('spanport')) others.push('spanport');
  return others;
}
