/**
 * Spanport: every openai call, assistant run and tool call as a GenAI span, delivered to any OTLP backend and to the
 * vendors' own logging APIs.
 */

export { ConfigurationError } from './configuration/readers.ts';
export type { ContentMode } from './exporter/content-policy.ts';
export type {
  DestinationStats,
  EndedSpan,
  FlushResult,
  RecordOutcome,
  SpanDestination,
  SpanListener,
  SpanOutcome,
} from './exporter/destination.ts';
export type {
  DestinationName,
  DestinationSetting,
  LineDestination,
  NamedDestination,
  OtlpDestination,
  VendorDestination,
} from './exporter/destinations/destination-setting.ts';
export type { OtlpOptions } from './exporter/destinations/otlp-destination.ts';
export type { CaptureOptions } from './instrumentation/capture-options.ts';
export { type ContextFields, withContext } from './instrumentation/context.ts';
export { instrumentOpenAI } from './instrumentation/openai/instrument.ts';
export {
  OpenAIInstrumentation,
  type OpenAIInstrumentationConfig,
} from './instrumentation/openai/openai-instrumentation.ts';
export { type TraceToolOptions, traceTool } from './instrumentation/trace-tool.ts';
export type {
  Agent,
  Content,
  ContentField,
  Cost,
  Facts,
  Interaction,
  Outcome,
  Parameters,
  Run,
  Scalar,
  ToolExecution,
  Usage,
  User,
} from './interaction/interaction.ts';
export type { Mask } from './interaction/mask.ts';
export type {
  BlobPart,
  CompactionPart,
  FilePart,
  Message,
  Modality,
  OutputMessage,
  Part,
  ReasoningPart,
  RefusalPart,
  ServerToolCallPart,
  ServerToolCallResponsePart,
  TextPart,
  ToolCallPart,
  ToolCallResponsePart,
  ToolDefinition,
  UriPart,
} from './interaction/message.ts';
export type { Price } from './pricing/cost.ts';
export type { SpanData, SpanEvent, SpanLink, SpanScope } from './semconv/span-data.ts';
export { recordFeedback, recordUsageEvent } from './start/feedback.ts';
export { start } from './start/start.ts';
export type { StartOptions } from './start/start-options.ts';
export type { Handle, Stats } from './start/tracing.ts';
export type { FeedbackOptions, UsageEventOptions } from './vendors/vendor.ts';
