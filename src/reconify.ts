import {
  createVendorDestination,
  type VendorExporterOptions,
  VendorSpanExporter,
} from './exporter/vendor-span-exporter.ts';
import { reconify } from './vendors/reconify/index.ts';
import type { ReconifyOptions } from './vendors/reconify/options.ts';

export type { ReconifyOptions } from './vendors/reconify/options.ts';

/** Sends calls and assistant runs to Reconify. Options win over `RECONIFY_APP_KEY`, `RECONIFY_API_KEY`, `RECONIFY_TRACKER`. */
export class ReconifySpanExporter extends VendorSpanExporter {
  /** @throws ConfigurationError without keys, or with an invalid URL */
  constructor(options: Partial<ReconifyOptions> & VendorExporterOptions = {}) {
    super(createVendorDestination(reconify, options), options.mask);
  }
}
export { type ReconifyHandler, type ReconifyHandlerOptions, reconifyOpenAIHandler } from './start/reconify-handler.ts';
export type { ReconifyUser } from './vendors/reconify/log-assistant.ts';
