import type { z } from 'zod';
import type { SpanContext, SpanKind, SpanStatusCode } from '@opentelemetry/api';
/** Options of the destination `kore`. */
interface KoreOptions {
    /** `file:PATH` for lines of JSON, an http(s) URL for one POST per record, or a function. Resolved: a {@link KoreOutput}. */
    readonly output: string | KoreCallback | KoreOutput;
    /** The bot of calls that have none. */
    readonly botId?: string;
}
/** Where records go: Kore has no API that takes them. */
type KoreOutput = {
    readonly kind: 'file';
    readonly path: string;
} | {
    readonly kind: 'http';
    readonly url: string;
} | {
    readonly kind: 'callback';
    readonly write: KoreCallback;
};
type KoreCallback = (record: KoreRecord) => void | Promise<void>;
type KoreRecord = z.infer<typeof record>;
declare const record: z.ZodObject<{
    'Prompt Name': z.ZodExactOptional<z.ZodPipe<z.ZodUnion<readonly [z.ZodString, z.ZodNumber]>, z.ZodTransform<string, string | number>>>;
    Integration: z.ZodExactOptional<z.ZodPipe<z.ZodUnion<readonly [z.ZodString, z.ZodNumber]>, z.ZodTransform<string, string | number>>>;
    'start Date': z.ZodISODateTime;
    'End Date': z.ZodExactOptional<z.ZodISODateTime>;
    'Time Taken': z.ZodExactOptional<z.ZodCoercedNumber<unknown>>;
    statusCode: z.ZodExactOptional<z.ZodCoercedNumber<unknown>>;
    'Bot ID': z.ZodExactOptional<z.ZodPipe<z.ZodUnion<readonly [z.ZodString, z.ZodNumber]>, z.ZodTransform<string, string | number>>>;
    'User ID': z.ZodExactOptional<z.ZodPipe<z.ZodUnion<readonly [z.ZodString, z.ZodNumber]>, z.ZodTransform<string, string | number>>>;
    'Feature Name ': z.ZodExactOptional<z.ZodPipe<z.ZodUnion<readonly [z.ZodString, z.ZodNumber]>, z.ZodTransform<string, string | number>>>;
    'Model Name': z.ZodExactOptional<z.ZodPipe<z.ZodUnion<readonly [z.ZodString, z.ZodNumber]>, z.ZodTransform<string, string | number>>>;
    'Channel Name': z.ZodExactOptional<z.ZodPipe<z.ZodUnion<readonly [z.ZodString, z.ZodNumber]>, z.ZodTransform<string, string | number>>>;
    Description: z.ZodExactOptional<z.ZodPipe<z.ZodUnion<readonly [z.ZodString, z.ZodNumber]>, z.ZodTransform<string, string | number>>>;
    'task Id': z.ZodExactOptional<z.ZodPipe<z.ZodUnion<readonly [z.ZodString, z.ZodNumber]>, z.ZodTransform<string, string | number>>>;
    Status: z.ZodExactOptional<z.ZodEnum<{
        Failure: "Failure";
        Success: "Success";
    }>>;
    'Payload Details': z.ZodObject<{
        'Prompt Name': z.ZodExactOptional<z.ZodPipe<z.ZodUnion<readonly [z.ZodString, z.ZodNumber]>, z.ZodTransform<string, string | number>>>;
        'Request Payload': z.ZodExactOptional<z.ZodUnion<readonly [z.ZodRecord<z.ZodString, z.ZodUnknown>, z.ZodPipe<z.ZodString, z.ZodTransform<Readonly<Record<string, unknown>>, string>>]>>;
        'Response Payload': z.ZodExactOptional<z.ZodUnion<readonly [z.ZodRecord<z.ZodString, z.ZodUnknown>, z.ZodPipe<z.ZodString, z.ZodTransform<Readonly<Record<string, unknown>>, string>>]>>;
        'Request Tokens': z.ZodExactOptional<z.ZodCoercedNumber<unknown>>;
        'Response Tokens': z.ZodExactOptional<z.ZodCoercedNumber<unknown>>;
    }, z.core.$strip>;
}, z.core.$strip>;
/** Writes calls and assistant runs as Kore.ai usage-log records to a file, a function or a URL. Options win over `SPANPORT_KORE_OUTPUT`. */
declare class KoreSpanExporter extends VendorSpanExporter {
    /** @throws ConfigurationError on a setting that cannot work */
    constructor(options?: Partial<KoreOptions> & VendorExporterOptions);
}
/** The options that the exporters of all vendors have. */
interface VendorExporterOptions {
    /** How much of the messages the vendor receives. Default: `SPANPORT_CONTENT`, else `full`. */
    readonly content?: ContentMode;
    /**
     * Applied to every text before it is sent, after the built-in patterns for keys and tokens. Must be synchronous. If
     * it throws, the whole text is replaced.
     */
    readonly mask?: Mask;
    /** Durable delivery; in memory without it. */
    readonly spool?: Partial<SpoolSettings> & {
        readonly dir: string;
    };
}
/** Where and how records are stored on disk. */
interface SpoolSettings {
    /** The directory. It is created when it does not exist. */
    readonly dir: string;
    /** Maximum bytes on disk, 256 MiB by default; the oldest records are dropped first. */
    readonly maxBytes: number;
    /**
     * `batch`: on disk within one tick (50 ms) after the span ended. `sync`: when `span.end()` returned. In a worker thread
     * always `sync`.
     */
    readonly durability: 'batch' | 'sync';
}
/** Returns a text without its secrets. Must be synchronous. */
type Mask = (text: string) => string;
/**
 * How much content a destination receives: all of it, its structure (roles, tool names and the number of messages, with
 * every text replaced), or none.
 */
type ContentMode = 'full' | 'redacted' | 'none';
/**
 * A standard OpenTelemetry `SpanExporter` that turns GenAI spans into one vendor's records. It works behind any
 * processor of any SDK line. Spans of calls and runs become records; all others are ignored.
 */
declare class VendorSpanExporter {
    #private;
    /**
     * Takes the spans and delivers them in the background. Never throws and always reports success, so that a slow vendor
     * does not fill a processor's queue. If the process is frozen after a flush, also wait for {@link forceFlush}, which
     * the processors of SDK 2.x do not call.
     */
    export(spans: readonly ReadableSpanLike[], resultCallback: (result: ExportResult) => void): void;
    forceFlush(): Promise<void>;
    shutdown(): Promise<void>;
    stats(): DestinationStats;
}
/** The counters of a destination since it was created. */
interface DestinationStats {
    /** Records that were accepted for delivery. */
    readonly enqueued: number;
    /** Records that the server accepted. */
    readonly delivered: number;
    /** Attempts after the first, counted per record. */
    readonly retried: number;
    /** Records that the server rejected permanently. */
    readonly rejected: number;
    /** Spans and interactions that this destination does not record. */
    readonly skipped: number;
    /** Records that were delivered as part of a later record. */
    readonly coalesced: number;
    /** Records that were lost, by reason. */
    readonly dropped: Readonly<Record<string, number>>;
    /** Records that wait on disk. */
    readonly spooled: number;
    /** Bytes of the records that wait on disk. */
    readonly spooledBytes: number;
    /** Records that wait in memory only, and would be lost if the process ended now. Undefined if unknown. */
    readonly inMemory?: number;
}
/** The part of an SDK's `ExportResult` that is set: 0 is success. */
interface ExportResult {
    readonly code: 0 | 1;
}
/**
 * The part of an SDK span that we read. The spans of SDK 1.x, 2.x and 3.x have this type, so that no SDK is imported.
 */
interface ReadableSpanLike {
    readonly name: string;
    readonly kind: SpanKind;
    spanContext(): SpanContext;
    readonly parentSpanContext?: SpanContext;
    /** SDK 1.x has only the id of the parent. */
    readonly parentSpanId?: string;
    readonly startTime: HrTime;
    readonly endTime: HrTime;
    readonly attributes: Readonly<Record<string, unknown>>;
    readonly resource: ReadableResource;
    readonly status: {
        readonly code: SpanStatusCode;
        readonly message?: string;
    };
    readonly instrumentationScope?: SpanScope;
    /** The name of the scope in SDK 1.x. */
    readonly instrumentationLibrary?: SpanScope;
    readonly events?: readonly ReadableEvent[];
    readonly links?: readonly ReadableLink[];
    readonly droppedAttributesCount?: number;
    readonly droppedEventsCount?: number;
    readonly droppedLinksCount?: number;
}
interface ReadableLink {
    readonly context: SpanContext;
    readonly attributes?: Readonly<Record<string, unknown>>;
    readonly droppedAttributesCount?: number;
}
interface ReadableEvent {
    readonly name: string;
    readonly time: HrTime;
    readonly attributes?: Readonly<Record<string, unknown>>;
    readonly droppedAttributesCount?: number;
}
/** Seconds and nanoseconds since the Unix epoch. */
type HrTime = readonly [seconds: number, nanoseconds: number];
/** The instrumentation that made a span. */
interface SpanScope {
    /** The name of the instrumentation. */
    readonly name: string;
    /** Its version. */
    readonly version?: string;
    /** The schema of its attributes. */
    readonly schemaUrl?: string;
    /** Its own attributes. */
    readonly attributes?: Readonly<Record<string, unknown>>;
}
interface ReadableResource {
    readonly attributes: Readonly<Record<string, unknown>>;
    readonly schemaUrl?: string;
    readonly asyncAttributesPending?: boolean;
}
export { type KoreOptions, KoreSpanExporter };
