import {
  createVendorDestination,
  type VendorExporterOptions,
  VendorSpanExporter,
} from './exporter/vendor-span-exporter.ts';
import { type KoreOptions, kore } from './vendors/kore/index.ts';

export type { KoreOptions } from './vendors/kore/index.ts';

/** Writes calls and assistant runs as Kore.ai usage-log records to a file, a function or a URL. Options win over `SPANPORT_KORE_OUTPUT`. */
export class KoreSpanExporter extends VendorSpanExporter {
  /** @throws ConfigurationError on a setting that cannot work */
  constructor(options: Partial<KoreOptions> & VendorExporterOptions = {}) {
    super(createVendorDestination(kore, options), options.mask);
  }
}
