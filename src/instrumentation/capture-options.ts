import { resolveCapture } from '../configuration/content-capture.ts';
import type { Environment } from '../configuration/environment.ts';
import { readChoice } from '../configuration/readers.ts';
import { createMask, type Mask, maskSecrets } from '../interaction/mask.ts';
import type { Price } from '../pricing/cost.ts';

/** How calls are captured. Every option has a value. */
export interface CaptureOptions {
  /** Content attributes on spans, where every exporter sees them. Default false. */
  readonly contentOnSpans: boolean;
  /** The event `gen_ai.client.inference.operation.details`, with content. Default false. */
  readonly contentOnEvents: boolean;
  /** Applied to every text before it leaves the process. */
  readonly mask: Mask;
  /** Maximum UTF-16 units of one text; the remainder is cut. Default 131,072. */
  readonly maxTextLength: number;
  /** Maximum UTF-16 units of inline bytes (base64); larger ones are left out. Default 16,384. */
  readonly maxBlobLength: number;
  /** Versions of the metric names. */
  readonly metrics: 'latest' | 'v1.41' | 'both';
  /** Requests usage for streams whose caller did not, and hides the extra chunk from the caller. Default false. */
  readonly includeUsage: boolean;
  /** Estimates usage from the texts of streams that report none, and marks it as an estimate. Default false. */
  readonly estimateUsage: boolean;
  /** Prices by model. They take precedence over the built-in table. */
  readonly prices: Readonly<Record<string, Price>>;
  /** How long a completed run waits for the application to read its messages. Default 1,000. */
  readonly runMessagesWaitMillis: number;
  /** Fetches the messages of a run that the application did not read. Default false. */
  readonly fetchRunMessages: boolean;
  /** `all`: vendors also receive calls that the trace sampler left out. */
  readonly vendorSampling: 'sampled' | 'all';
  /**
   * Adds the ids among the fields of `withContext` to W3C baggage, where other services can read them. Default false.
   */
  readonly baggage: boolean;
}

export const defaultCapture: CaptureOptions = {
  contentOnSpans: false,
  contentOnEvents: false,
  mask: maskSecrets,
  maxTextLength: 131_072,
  maxBlobLength: 16_384,
  metrics: 'latest',
  includeUsage: false,
  estimateUsage: false,
  prices: {},
  runMessagesWaitMillis: 1_000,
  fetchRunMessages: false,
  vendorSampling: 'sampled',
  baggage: false,
};

/**
 * Each option as set in code, else in the environment, else its default.
 * @throws ConfigurationError if one of our environment variables has an invalid value
 */
export function captureOptionsFrom(
  options: Partial<CaptureOptions>,
  environment: Environment,
  warn: (message: string) => void,
): CaptureOptions {
  const captured = resolveCapture(environment, warn);
  return {
    contentOnSpans: options.contentOnSpans ?? captured.spans,
    contentOnEvents: options.contentOnEvents ?? captured.events,
    mask: createMask(options.mask),
    maxTextLength: options.maxTextLength ?? defaultCapture.maxTextLength,
    maxBlobLength: options.maxBlobLength ?? defaultCapture.maxBlobLength,
    metrics:
      options.metrics ??
      readChoice(environment['SPANPORT_METRICS'], 'SPANPORT_METRICS', ['latest', 'v1.41', 'both']) ??
      'latest',
    includeUsage:
      options.includeUsage ??
      readChoice(environment['SPANPORT_INCLUDE_USAGE'], 'SPANPORT_INCLUDE_USAGE', ['true', 'false']) === 'true',
    estimateUsage: options.estimateUsage ?? defaultCapture.estimateUsage,
    prices: options.prices ?? defaultCapture.prices,
    runMessagesWaitMillis: options.runMessagesWaitMillis ?? defaultCapture.runMessagesWaitMillis,
    fetchRunMessages: options.fetchRunMessages ?? defaultCapture.fetchRunMessages,
    vendorSampling:
      options.vendorSampling ??
      readChoice(environment['SPANPORT_VENDOR_SAMPLING'], 'SPANPORT_VENDOR_SAMPLING', ['sampled', 'all']) ??
      'sampled',
    baggage: options.baggage ?? defaultCapture.baggage,
  };
}
