import {
  createVendorDestination,
  type VendorExporterOptions,
  VendorSpanExporter,
} from './exporter/vendor-span-exporter.ts';
import { athina } from './vendors/athina/index.ts';
import type { AthinaOptions } from './vendors/athina/options.ts';

export type { AthinaOptions } from './vendors/athina/options.ts';

/** Sends calls and assistant runs to Athina. Options win over `ATHINA_API_KEY` and `ATHINA_BASE_URL`. */
export class AthinaSpanExporter extends VendorSpanExporter {
  /** @throws ConfigurationError without a key, or with an invalid URL */
  constructor(options: Partial<AthinaOptions> & VendorExporterOptions = {}) {
    super(createVendorDestination(athina, options), options.mask);
  }
}
