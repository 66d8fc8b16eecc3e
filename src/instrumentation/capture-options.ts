import { type Mask, maskSecrets } from '../interaction/mask.ts';

/** USD for a million tokens. */
export interface Price {
  readonly input: number;
  readonly output: number;
  /** Of input tokens that came from the provider's cache; `input` where it is not given. */
  readonly cacheRead?: number;
}

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
  /** Asks for the usage of streams that were made without; the extra chunk is kept from the application. Default false. */
  readonly includeUsage: boolean;
  /** Counts the tokens of streams that tell none, by the length of what was said, and marks them. Default false. */
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
