import {
  createVendorDestination,
  type VendorExporterOptions,
  VendorSpanExporter,
} from './exporter/vendor-span-exporter.ts';
import { inkeep } from './vendors/inkeep/index.ts';
import type { InkeepOptions } from './vendors/inkeep/options.ts';

export type { InkeepOptions } from './vendors/inkeep/options.ts';

/** Sends conversations to Inkeep Analytics. Options win over `INKEEPANALYTICS_API_INTEGRATION_KEY` and `INKEEP_ANALYTICS_URL`. */
export class InkeepSpanExporter extends VendorSpanExporter {
  /** @throws ConfigurationError on a setting that cannot work */
  constructor(options: Partial<InkeepOptions> & VendorExporterOptions = {}) {
    super(createVendorDestination(inkeep, options), options.mask);
  }
}
