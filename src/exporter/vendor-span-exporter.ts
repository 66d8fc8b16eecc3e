import type { Environment } from '../configuration/environment.ts';
import { isSdkDisabled } from '../configuration/sdk-disabled.ts';
import { diag } from '../diagnostics/diag.ts';
import { createMask, type Mask } from '../interaction/mask.ts';
import type { ReadableSpanLike } from '../semconv/span-data.ts';
import type { Vendor } from '../vendors/vendor.ts';
import type { ContentMode } from './content-policy.ts';
import { contentFromEnvironment } from './content-setting.ts';
import { type DestinationStats, noStats, nothingWaits, type SpanDestination } from './destination.ts';
import { openVendor } from './destinations/open-vendor.ts';
import { readAll } from './destinations/read-all.ts';
import { type OpenDestination, openPipeline, type Pipeline } from './pipeline.ts';
import type { SpoolSettings } from './settings.ts';
import { usableSpool } from './usable-spool.ts';

/** The options that the exporters of all vendors have. */
export interface VendorExporterOptions {
  /** How much of the messages the vendor receives. Default: `SPANPORT_CONTENT`, else `full`. */
  readonly content?: ContentMode;
  /**
   * Applied to every text before it is sent, after the built-in patterns for keys and tokens. Must be synchronous. If
   * it throws, the whole text is replaced.
   */
  readonly mask?: Mask;
  /** Durable delivery; in memory without it. */
  readonly spool?: Partial<SpoolSettings> & { readonly dir: string };
}

/** The part of an SDK's `ExportResult` that is set: 0 is success. */
interface ExportResult {
  readonly code: 0 | 1;
}

/**
 * A standard OpenTelemetry `SpanExporter` that turns GenAI spans into one vendor's records. It works behind any
 * processor of any SDK line. Spans of calls and runs become records; all others are ignored.
 */
export class VendorSpanExporter {
  readonly #pipeline: Pipeline;
  readonly #destination: SpanDestination;

  /** @internal */
  constructor(destination: SpanDestination | OpenDestination, mask?: Mask) {
    this.#pipeline = openPipeline({ mask: createMask(mask) });
    this.#destination = this.#pipeline.join(destination);
  }

  /**
   * Takes the spans and delivers them in the background. Never throws and always reports success, so that a slow vendor
   * does not fill a processor's queue. If the process is frozen after a flush, also wait for {@link forceFlush}, which
   * the processors of SDK 2.x do not call.
   */
  export(spans: readonly ReadableSpanLike[], resultCallback: (result: ExportResult) => void): void {
    for (const span of spans) this.#pipeline.take(span);
    resultCallback({ code: 0 });
  }

  async forceFlush(): Promise<void> {
    await this.#pipeline.flush();
  }

  async shutdown(): Promise<void> {
    await this.#pipeline.shutdown();
  }

  stats(): DestinationStats {
    return this.#pipeline.stats()[this.#destination.name] ?? noStats;
  }
}

/** The destination with `OTEL_SDK_DISABLED`, which records nothing. */
function silentDestination(name: string): SpanDestination {
  return {
    name,
    wantsContent: false,
    take: (_, listener) => listener?.settled({ status: 'skipped', reason: 'OTEL_SDK_DISABLED is true' }),
    forceFlush: () => Promise.resolve(nothingWaits),
    shutdown: () => Promise.resolve(nothingWaits),
    stats: () => noStats,
  };
}

/** What a vendor's exporter class passes to its base. @throws ConfigurationError */
export function createVendorDestination<Options, Payload>(
  vendor: Vendor<Options, Payload>,
  options: Partial<Options> & VendorExporterOptions,
  environment: Environment = process.env,
): SpanDestination | OpenDestination {
  if (isSdkDisabled(environment)) return silentDestination(vendor.name);
  const read = (given: Partial<Options>): Options => vendor.resolveOptions(given, environment);
  const resolved = readAll(vendor.name, options, read, ['content', 'mask', 'spool']);
  const { spool } = options;
  const content = options.content ?? contentFromEnvironment(environment, () => true)(vendor.name) ?? 'full';
  const settings = usableSpool(spool && { maxBytes: 256 << 20, durability: 'batch', ...spool }, (message) =>
    diag.warn(`spanport: ${message}`),
  );
  return (host) => openVendor(vendor, resolved, content, settings, host);
}
