import type { Environment } from '../configuration/environment.ts';
import { isSdkDisabled } from '../configuration/sdk-disabled.ts';
import { createMask, type Mask } from '../interaction/mask.ts';
import { wantContent } from '../semconv/span-content.ts';
import type { ReadableSpanLike } from '../semconv/span-data.ts';
import type { Vendor } from '../vendors/vendor.ts';
import type { ContentMode } from './content-policy.ts';
import { contentFromEnvironment } from './content-setting.ts';
import { type DestinationStats, noStats, type SpanDestination } from './destination.ts';
import type { SpoolSettings } from './destinations/open-delivery.ts';
import { openVendor } from './destinations/open-vendor.ts';
import { SpanIntake } from './pipeline.ts';

/** What every vendor's exporter takes beside the vendor's own options. */
export interface VendorExporterOptions {
  /** What of the messages the vendor gets. Default: `SPANPORT_CONTENT`, else `full`: it is what the vendor is for. */
  readonly content?: ContentMode;
  /** Applied to every text before it leaves, after the built-in patterns for keys and tokens. Synchronous; fails closed. */
  readonly mask?: Mask;
  /** Durable delivery; in memory without it. */
  readonly spool?: Partial<SpoolSettings> & { readonly dir: string };
}

/** The part of an SDK's `ExportResult` that is written: 0 is success. */
interface ExportResult {
  readonly code: 0 | 1;
}

/**
 * A standard OpenTelemetry `SpanExporter` that turns GenAI spans into one vendor's records. It works behind any
 * processor of either SDK line. Spans of calls and runs become records, all others are passed over.
 */
export class VendorSpanExporter {
  readonly #destination: SpanDestination;
  readonly #intake: SpanIntake;
  readonly #forgetContent: () => void;

  /** @internal */
  constructor(create: (onDrain: () => void) => SpanDestination, mask?: Mask) {
    const destinations: SpanDestination[] = [];
    this.#intake = new SpanIntake(destinations, createMask(mask));
    this.#destination = create(() => this.#intake.drain());
    destinations.push(this.#destination);
    this.#forgetContent = this.#destination.wantsContent ? wantContent() : (): void => {};
  }

  /**
   * Takes the spans; they are delivered in the background. Never throws and always reports success, so that a slow vendor
   * fills no processor's queue. Where a process is frozen after a flush, wait for {@link forceFlush} as well: the 2.x
   * processors do not ask for it.
   */
  export(spans: readonly ReadableSpanLike[], resultCallback: (result: ExportResult) => void): void {
    for (const span of spans) this.#intake.take(span);
    resultCallback({ code: 0 });
  }

  async forceFlush(): Promise<void> {
    this.#intake.drain();
    await this.#destination.forceFlush();
  }

  async shutdown(): Promise<void> {
    this.#intake.end();
    this.#forgetContent();
    await this.#destination.shutdown();
  }

  stats(): DestinationStats {
    return this.#destination.stats();
  }
}

/** With `OTEL_SDK_DISABLED`, wherever the exporter hangs. */
function silentDestination(name: string): SpanDestination {
  const nothing = (): Promise<void> => Promise.resolve();
  return {
    name,
    wantsContent: false,
    take: () => {},
    forceFlush: nothing,
    shutdown: nothing,
    stats: () => noStats,
  };
}

/** What a vendor's exporter class hands to its base. @throws ConfigurationError */
export function createVendorDestination<Options, Payload>(
  vendor: Vendor<Options, Payload>,
  given: Partial<Options> & VendorExporterOptions,
  environment: Environment = process.env,
): (onDrain: () => void) => SpanDestination {
  if (isSdkDisabled(environment)) return () => silentDestination(vendor.name);
  const options = vendor.resolveOptions(given, environment);
  const { spool } = given;
  const content = given.content ?? contentFromEnvironment(environment, () => true)(vendor.name) ?? 'full';
  const settings: SpoolSettings | undefined = spool && { maxBytes: 256 << 20, durability: 'batch', ...spool };
  return (onDrain) => openVendor(vendor, options, content, settings, onDrain);
}
