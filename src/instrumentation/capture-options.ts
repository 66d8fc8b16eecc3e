import { resolveCapture } from '../configuration/content-capture.ts';
import type { Environment } from '../configuration/environment.ts';
import { readChoice } from '../configuration/readers.ts';
import { createMask, type Mask, maskSecrets } from '../interaction/mask.ts';
import type { Price } from '../pricing/cost.ts';

/** How calls are captured. Complete: every option has a value. */
export interface CaptureOptions {
  /** Content attributes on spans, where every exporter sees them. Default false. */
  readonly contentOnSpans: boolean;
  /** The event `gen_ai.client.inference.operation.details`, with content. Default false. */
  readonly contentOnEvents: boolean;
  readonly mask: Mask;
  /** UTF-16 units of one text at the most; more is cut. Default 131,072. */
  readonly maxTextLength: number;
  /** UTF-16 units of inline bytes (base64) at the most; larger ones are left out. Default 16,384. */
  readonly maxBlobLength: number;
  readonly metrics: 'latest' | 'v1.41' | 'both';
  /** Requests the usage of streams that were made without it, and hides the extra chunk. Default false. */
  readonly includeUsage: boolean;
  /** Estimates the usage of streams that report none from their texts, and marks it as an estimate. Default false. */
  readonly estimateUsage: boolean;
  /** Prices by model, over the built-in table. */
  readonly prices: Readonly<Record<string, Price>>;
  /** How long a completed run waits for the application to read its messages. Default 1,000. */
  readonly runMessagesWaitMillis: number;
  /** Fetches the messages of a run that the application did not read. Default false. */
  readonly fetchRunMessages: boolean;
  /** `all`: vendors get calls that the trace sampler left out, too. */
  readonly vendorSampling: 'sampled' | 'all';
  /** Puts the fields of `withContext` that are ids into W3C baggage, for other services to read. Default false. */
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
 * Options as they are set in code, else in the environment, else their defaults.
 * @throws ConfigurationError for a variable of ours with a value that it cannot have
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
