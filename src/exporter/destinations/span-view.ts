import { type Content, contentFields, type Facts } from '../../interaction/interaction.ts';
import { jsonOf } from '../../interaction/json.ts';
import { type Mask, maskContent } from '../../interaction/mask.ts';
import {
  type AttributeSink,
  type Attributes,
  decodeAttributes,
  encodeAttributes,
  writeAttributes,
} from '../../semconv/attributes.ts';
import { isGenAISpan } from '../../semconv/from-spans.ts';
import { ATTR, OPERATION } from '../../semconv/names.ts';
import type { ReadableSpanLike } from '../../semconv/span-data.ts';
import { type ContentMode, REDACTED, redacted } from '../content-policy.ts';
import type { Ended } from '../destination.ts';

/** Rewrites GenAI attributes for a backend that reads another convention. Pure. */
export type Dialect = (
  attributes: Readonly<Record<string, unknown>>,
  facts: Facts,
) => Readonly<Record<string, unknown>>;

export interface SpanViewOptions {
  readonly resource?: Readonly<Record<string, string>>;
  readonly dialect?: Dialect;
}

/** Every attribute that holds content, by asking the one table that knows. */
const contentAttributes: ReadonlySet<string> = new Set([
  ...Object.keys(
    encodeAttributes(
      Object.fromEntries(contentFields.map((field) => [field, field === 'promptVariables' ? {} : []])) as Facts,
      true,
    ),
  ),
  ATTR.toolCallArguments,
  ATTR.toolCallResult,
  'gen_ai.retrieval.query.text',
  'gen_ai.retrieval.documents',
  'gen_ai.memory.query.text',
  'gen_ai.memory.records',
]);

function isContent(name: string): boolean {
  return contentAttributes.has(name) || name.startsWith(ATTR.promptVariablePrefix);
}

/**
 * A span as a destination may see it: the very same object where nothing differs, else a view over it with attributes
 * (and resource) of its own. Content comes from beside the span and from the span alike, masked.
 */
export function spanFor(ended: Ended, content: ContentMode, { dialect, resource }: SpanViewOptions): ReadableSpanLike {
  const { span } = ended;
  const attributes = attributesFor(ended, content, dialect);
  if (attributes === span.attributes && !resource) return span;
  return viewOf(span, attributes, resourceFor(span, resource));
}

/** The same attributes, one by one, for whoever needs no record of them. */
export function giveAttributes({ span, content, mask }: Ended, mode: ContentMode, sink: AttributeSink): void {
  const attributes = span.attributes as Attributes;
  const isGenAI = isGenAISpan(attributes);
  let onSpan: Attributes | undefined;
  for (const name in attributes) {
    if (isGenAI && isContent(name)) {
      onSpan ??= {};
      onSpan[name] = attributes[name];
    } else if (attributes[name] !== undefined) sink.setAttribute(name, attributes[name]);
  }
  if (!isGenAI || mode === 'none') return;
  if (attributes[ATTR.operationName] === OPERATION.executeTool) giveToolContent(onSpan, content, mask, mode, sink);
  else if (onSpan) giveContent(onSpan, content, mask, mode, sink);
  else if (content) writeAttributes(mode === 'full' ? content : redacted(content), true, sink);
}

function attributesFor(
  ended: Ended,
  mode: ContentMode,
  dialect: Dialect | undefined,
): Readonly<Record<string, unknown>> {
  const { attributes } = ended.span;
  if (!isGenAISpan(attributes)) return attributes;
  const isSilent = (mode === 'none' || ended.content === undefined) && !Object.keys(attributes).some(isContent);
  if (isSilent && !dialect) return attributes;
  const kept: Attributes = {};
  giveAttributes(ended, mode, {
    setAttribute(name, value) {
      kept[name] = value;
    },
  });
  return dialect ? dialect(kept, decodeAttributes(kept)) : kept;
}

/** Content that lies on a span, with what lies beside it, which wins. */
function giveContent(
  onSpan: Attributes,
  content: Content | undefined,
  mask: Mask,
  mode: ContentMode,
  sink: AttributeSink,
): void {
  const said: Facts = { ...maskContent(decodeAttributes(onSpan), mask), ...content };
  const written = encodeAttributes(mode === 'full' ? said : redacted(said), true);
  // What the table does not know of is a plain text to us.
  for (const [name, value] of Object.entries(onSpan)) {
    if (name in written || Object.keys(decodeAttributes({ [name]: value })).length > 0) continue;
    written[name] = mode === 'full' ? mask(jsonOf(value)) : JSON.stringify(REDACTED);
  }
  for (const name in written) if (written[name] !== undefined) sink.setAttribute(name, written[name]);
}

/** What a tool was given and gave back: beside the span as its one tool execution, on it as two attributes. */
function giveToolContent(
  onSpan: Attributes | undefined,
  content: Content | undefined,
  mask: Mask,
  mode: ContentMode,
  sink: AttributeSink,
): void {
  const tool = content?.toolExecutions?.[0];
  for (const [name, value] of [
    [ATTR.toolCallArguments, tool?.arguments ?? onSpan?.[ATTR.toolCallArguments]],
    [ATTR.toolCallResult, tool?.result ?? onSpan?.[ATTR.toolCallResult]],
  ] as const) {
    if (value !== undefined) sink.setAttribute(name, mode === 'full' ? mask(jsonOf(value)) : JSON.stringify(REDACTED));
  }
}

/** What the SDK's exporters read of a span besides; `parentSpanId` and `instrumentationLibrary` in its 1.x line. */
interface ExportedSpan extends ReadableSpanLike {
  readonly parentSpanId?: unknown;
  readonly instrumentationLibrary?: unknown;
  readonly duration?: unknown;
  readonly ended?: unknown;
  readonly links?: unknown;
  readonly events?: unknown;
  readonly droppedAttributesCount?: unknown;
  readonly droppedEventsCount?: unknown;
  readonly droppedLinksCount?: unknown;
}

/** A copy, and no object with the span as its prototype: the engine would make a hidden class for each such span. */
function viewOf(
  span: ExportedSpan,
  attributes: ReadableSpanLike['attributes'],
  resource: ReadableSpanLike['resource'],
): ExportedSpan {
  return {
    name: span.name,
    kind: span.kind,
    spanContext: () => span.spanContext(),
    ...(span.parentSpanContext && { parentSpanContext: span.parentSpanContext }),
    parentSpanId: span.parentSpanId,
    startTime: span.startTime,
    endTime: span.endTime,
    duration: span.duration,
    ended: span.ended,
    status: span.status,
    attributes,
    links: span.links,
    events: span.events,
    resource,
    ...(span.instrumentationScope && { instrumentationScope: span.instrumentationScope }),
    instrumentationLibrary: span.instrumentationLibrary,
    droppedAttributesCount: span.droppedAttributesCount,
    droppedEventsCount: span.droppedEventsCount,
    droppedLinksCount: span.droppedLinksCount,
  };
}

type Extra = Readonly<Record<string, string>>;

/** Resources are few, and what was encoded of one is remembered by the object that it is. */
const joined = new WeakMap<
  ReadableSpanLike['resource'],
  { readonly extra: Extra; readonly resource: ReadableSpanLike['resource'] }
>();

/** The span's resource with more attributes, the same object for the same resource. */
export function resourceFor(span: ReadableSpanLike, extra: Extra | undefined): ReadableSpanLike['resource'] {
  if (!extra) return span.resource;
  const known = joined.get(span.resource);
  if (known?.extra === extra) return known.resource;
  const resource = Object.create(span.resource, {
    attributes: { value: { ...span.resource.attributes, ...extra } },
  }) as ReadableSpanLike['resource'];
  joined.set(span.resource, { extra, resource });
  return resource;
}
