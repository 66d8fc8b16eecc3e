import type { ContentMode } from '../exporter/content-policy.ts';
import type { DestinationSetting } from '../exporter/destinations/destination-setting.ts';
import type { SpoolSettings } from '../exporter/settings.ts';
import type { Mask } from '../interaction/mask.ts';
import type { Price } from '../pricing/cost.ts';

/** Explicit options win over the environment, and the environment alone is complete. */
export interface StartOptions {
  /** Where spans go. Default: `SPANPORT_DESTINATIONS`, else those whose keys are set, else a gateway on this machine. */
  readonly destinations?: readonly DestinationSetting[];
  /** How much content a destination gets: one mode for all, or one per destination. Default: `SPANPORT_CONTENT`. */
  readonly content?: ContentMode | Readonly<Record<string, ContentMode>>;
  /**
   * Applied to every text before it leaves the process, after the built-in patterns for keys and tokens. When it throws,
   * the text is left out.
   */
  readonly mask?: Mask;
  /** Durable delivery. Default: `SPANPORT_SPOOL_DIR` and related variables, else in memory. */
  readonly spool?: Partial<SpoolSettings>;
  /** Content attributes on the spans themselves. Default: `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`. */
  readonly contentOnSpans?: boolean;
  /** Versions of the metric names. Default: `SPANPORT_METRICS`, else `latest`. */
  readonly metrics?: 'latest' | 'v1.41' | 'both';
  /** `all`: vendors also get calls that the trace sampler drops. Default: `SPANPORT_VENDOR_SAMPLING`, else `sampled`. */
  readonly vendorSampling?: 'sampled' | 'all';
  /**
   * Requests the usage of streams, and keeps the extra chunk from an application that did not ask for it. Default:
   * `SPANPORT_INCLUDE_USAGE`, else false.
   */
  readonly includeUsage?: boolean;
  /** Estimates the usage of streams that have none from their texts, and marks it as an estimate. Default false. */
  readonly estimateUsage?: boolean;
  /** Prices by model, over the built-in table. */
  readonly prices?: Readonly<Record<string, Price>>;
  /** How long a completed run waits for the application to read its messages. Default 1,000 ms. */
  readonly runMessagesWaitMillis?: number;
  /** Fetches the messages of a run that the application does not read. Default false. */
  readonly fetchRunMessages?: boolean;
  /** Carries the ids of `withContext` to other services in W3C baggage. Default false. */
  readonly baggage?: boolean;
  /** The service name of our own provider. Default: `OTEL_SERVICE_NAME`, else the name in the resource. */
  readonly serviceName?: string;
  /** Attributes of the resource of our own provider, over `OTEL_RESOURCE_ATTRIBUTES`. */
  readonly resourceAttributes?: Readonly<Record<string, string>>;
  /** How long `forceFlush` and `shutdown` may take. Default 5,000 ms. */
  readonly shutdownTimeoutMillis?: number;
}
