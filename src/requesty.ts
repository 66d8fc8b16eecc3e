import {
  createVendorDestination,
  type VendorExporterOptions,
  VendorSpanExporter,
} from './exporter/vendor-span-exporter.ts';
import { type RequestyOptions, requesty } from './vendors/requesty/index.ts';

export type { RequestyOptions } from './vendors/requesty/index.ts';

/** Sends calls and assistant runs to Requesty Insights. Options win over `REQUESTY_API_KEY` and `REQUESTY_INGESTION_URL`. */
export class RequestySpanExporter extends VendorSpanExporter {
  /** @throws ConfigurationError on a setting that cannot work */
  constructor(options: Partial<RequestyOptions> & VendorExporterOptions = {}) {
    super(createVendorDestination(requesty, options), options.mask);
  }
}
