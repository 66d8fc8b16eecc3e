import { type Content, contentFields, type Facts } from '../../interaction/interaction.ts';
import { jsonOf } from '../../interaction/json.ts';
import { type Mask, maskContent } from '../../interaction/mask.ts';
import { resourceOf, type SpanChanges } from '../../otlp/span-changes.ts';
import {
  type AttributeSink,
  type Attributes,
  decodeAttributes,
  encodeAttributes,
  writeAttributes,
} from '../../semconv/attributes.ts';
import { isGenAISpan } from '../../semconv/from-spans.ts';
import { ATTR, OPERATION } from '../../semconv/names.ts';
import type { ReadableResource, ReadableSpanLike, SpanData } from '../../semconv/span-data.ts';
import { type ContentMode, REDACTED, redacted } from '../content-policy.ts';
import type { Ended } from '../destination.ts';
import { sourceOf } from '../ended-span.ts';

/** Rewrites GenAI attributes for a backend that reads another convention. Pure. */
export type Dialect = (
  attributes: Readonly<Record<string, unknown>>,
  facts: Facts,
) => Readonly<Record<string, unknown>>;

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

/** How a destination's copy of a span differs from it. The span itself is not copied. */
export function changesFor(
  ended: Ended,
  content: ContentMode,
  { dialect, resource }: { readonly dialect?: Dialect; readonly resource?: Extra },
): SpanChanges {
  const source = sourceOf(ended);
  const { message } = source.status;
  return {
    resource: resourceWith(source, resource),
    giveAttributes: dialect
      ? (sink) => setEach(attributesFor(ended, content, dialect) as Attributes, sink)
      : (sink) => giveAttributes(ended, content, sink),
    ...(message && { statusMessage: ended.mask(message) }),
  };
}

function setEach(attributes: Attributes, sink: AttributeSink): void {
  for (const name in attributes) if (attributes[name] !== undefined) sink.setAttribute(name, attributes[name]);
}

/** Sets the attributes that a destination may have: content as its mode allows, from the span and attached to it, masked. */
function giveAttributes(ended: Ended, mode: ContentMode, sink: AttributeSink): void {
  const { content, mask } = ended;
  const attributes = sourceOf(ended).attributes as Attributes;
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

/** The same attributes as a record, rewritten by the dialect. */
export function attributesFor(
  ended: Ended,
  mode: ContentMode,
  dialect: Dialect | undefined,
): Readonly<Record<string, unknown>> {
  const { attributes } = sourceOf(ended);
  if (!isGenAISpan(attributes)) return attributes;
  const allowed: Attributes = {};
  giveAttributes(ended, mode, {
    setAttribute(name, value) {
      allowed[name] = value;
    },
  });
  return dialect ? dialect(allowed, decodeAttributes(allowed)) : allowed;
}

/** Content on a span, joined with the content attached to it, which wins. */
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

/** Arguments and result of a tool: attached to the span as its one tool execution, or on it as two attributes. */
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

type Extra = Readonly<Record<string, string>>;

/** Resources are few, and what was encoded of one is cached by the object that it is. */
const joined = new WeakMap<ReadableResource, { readonly extra: Extra; readonly resource: ReadableResource }>();

/** The span's resource with more attributes; the same object for the same resource. */
export function resourceWith(source: ReadableSpanLike | SpanData, extra: Extra | undefined): ReadableResource {
  const own = resourceOf(source);
  if (!extra) return own;
  const known = joined.get(own);
  if (known?.extra === extra) return known.resource;
  const resource = Object.create(own, {
    attributes: { value: { ...own.attributes, ...extra } },
  }) as ReadableResource;
  joined.set(own, { extra, resource });
  return resource;
}
