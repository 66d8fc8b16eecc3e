import type { VendorOptions } from '../../vendors/index.ts';
import type { ContentMode } from '../content-policy.ts';
import type { SpanDestination } from '../destination.ts';
import type { OtlpOptions } from './otlp-destination.ts';

/** A backend that takes OTLP, with the variables its own users already have. */
export type PresetName =
  | 'collector'
  | 'jaeger'
  | 'langfuse'
  | 'langsmith'
  | 'phoenix'
  | 'arize'
  | 'braintrust'
  | 'datadog'
  | 'honeycomb'
  | 'newrelic'
  | 'grafana'
  | 'logfire'
  | 'weave'
  | 'traceloop'
  | 'laminar'
  | 'mlflow'
  | 'signoz';

/** Everything that takes OTLP: `otlp` with the standard variables, `spanport` for a gateway of yours, and presets. */
export type OtlpDestinationName = 'otlp' | 'spanport' | PresetName;

/** OTLP/JSON, one line per span: on stdout, or in a file. */
export type LineDestinationName = 'console' | `file:${string}`;

/** What {@link StartOptions.destinations} and `SPANPORT_DESTINATIONS` can name. */
export type DestinationName = keyof VendorOptions | OtlpDestinationName | LineDestinationName;

interface WithContent {
  /** How much content it gets. Default: `SPANPORT_CONTENT`, else `full` for vendors, your gateway, `console` and `file:`. */
  readonly content?: ContentMode;
}

/** A vendor with options of its own, which win over its variables. */
export type VendorDestination = {
  [Name in keyof VendorOptions]: WithContent & Partial<VendorOptions[Name]> & { readonly name: Name };
}[keyof VendorOptions];

/** An OTLP backend with options of its own, which win over the environment. */
export interface OtlpDestination extends WithContent, Partial<OtlpOptions> {
  /** `otlp`, `spanport` or the name of a preset. */
  readonly name: OtlpDestinationName;
}

/** The terminal or a file, with its own content mode. */
export interface LineDestination extends WithContent {
  /** `console`, or `file:` and a path. */
  readonly name: LineDestinationName;
}

/** A destination with options of its own. */
export type NamedDestination = VendorDestination | OtlpDestination | LineDestination;

/**
 * A destination by name (`athina`, `otlp`, `langfuse`, `console`, `file:PATH`), a name with options of its own, or an
 * object that takes spans itself.
 */
export type DestinationSetting = DestinationName | NamedDestination | SpanDestination;

/** The same before its name and options are checked, as it comes from the environment or from JavaScript. */
export type UncheckedSetting = string | UncheckedDestination | NamedDestination | SpanDestination;

export interface UncheckedDestination {
  readonly name: string;
  readonly content?: ContentMode;
  readonly [option: string]: unknown;
}
