import { type Content, contentFields, type Facts, type Writable } from '../../interaction/interaction.ts';
import { jsonOf } from '../../interaction/json.ts';
import { type Mask, maskContent, maskSecrets } from '../../interaction/mask.ts';
import { resourceOf, type SpanChanges } from '../../otlp/span-changes.ts';
import {
  type AttributeSink,
  type Attributes,
  type AttributeValue,
  contentAttributeName,
  decodeAttributes,
  encodeAttributes,
  writeAttributes,
} from '../../semconv/attributes.ts';
import { attributeKind } from '../../semconv/dialects/attribute-kinds.ts';
import { dialectOf } from '../../semconv/dialects/index.ts';
import { isGenAISpan } from '../../semconv/from-spans.ts';
import { ATTR, OPERATION } from '../../semconv/names.ts';
import { RecordedSpan } from '../../semconv/recorded-span.ts';
import { factsOf } from '../../semconv/span-content.ts';
import {
  isSpanData,
  originOf,
  type ReadableResource,
  type ReadableSpanLike,
  type SpanData,
} from '../../semconv/span-data.ts';
import { type ContentMode, REDACTED, redacted } from '../content-policy.ts';
import type { EndedSpan } from '../destination.ts';
import { sourceOf } from '../ended-span.ts';
import { attributeFor, eventAttributesFor, linkAttributesFor, maskedResource } from './masked-attributes.ts';

/** Converts GenAI attributes for a backend that reads another convention. Pure. */
export type Dialect = (
  attributes: Readonly<Record<string, unknown>>,
  facts: Facts,
) => Readonly<Record<string, unknown>>;

/** The differences between a span and what a destination receives of it. The span itself is not copied. */
export function changesFor(
  ended: EndedSpan,
  mode: ContentMode,
  { dialect, resource }: { readonly dialect?: Dialect; readonly resource?: Extra },
): SpanChanges {
  const source = sourceOf(ended);
  const { mask } = ended;
  const { message } = source.status;
  const changes: Writable<SpanChanges> = {
    resource: resourceWith(source, resource, mask),
    giveAttributes: dialect
      ? (sink) => setEach(attributesFor(ended, mode, dialect) as Attributes, sink)
      : (sink) => giveAttributes(ended, mode, sink),
  };
  if (message) changes.statusMessage = mask(message);
  if (isOurs(source)) return changes;
  const isOfDialect = dialectOf(originOf(source)) !== undefined;
  changes.name = maskSecrets(source.name);
  changes.eventAttributes = (event, attributes) => eventAttributesFor(event, attributes, { mode, mask, isOfDialect });
  changes.linkAttributes = (attributes) => linkAttributesFor(attributes, mode, mask);
  return changes;
}

/**
 * Whether only our instrumentation can have written the attributes: facts are attached, and content is not in
 * attributes.
 */
function isOurs(source: ReadableSpanLike | SpanData): boolean {
  if (source.events && source.events.length > 0) return false;
  return isSpanData(source) ? source.facts !== undefined : factsOf(source) !== undefined;
}

function setEach(attributes: Attributes, sink: AttributeSink): void {
  for (const name in attributes) if (attributes[name] !== undefined) sink.setAttribute(name, attributes[name]);
}

/**
 * Sets the attributes that a destination receives, masked. Content comes from the span and from what is attached to it,
 * as the mode allows.
 */
function giveAttributes(ended: EndedSpan, mode: ContentMode, sink: AttributeSink): void {
  const { content, mask } = ended;
  const source = sourceOf(ended);
  let onSpan: Attributes | undefined;
  if (!isOurs(source)) onSpan = giveForeign(source, mode, mask, sink);
  else if (source instanceof RecordedSpan) source.giveAttributes(sink);
  else setEach(source.attributes as Attributes, sink);
  if (mode === 'none') return;
  if (operationOf(source) === OPERATION.executeTool) giveToolContent(onSpan, content, mask, mode, sink);
  else if (onSpan) giveContent(onSpan, content, mask, mode, sink);
  else if (content) writeAttributes(mode === 'full' ? content : redacted(content), true, sink);
}

/** Reading the attributes of a recorded span would write them. */
function operationOf(source: ReadableSpanLike | SpanData): unknown {
  return source instanceof RecordedSpan ? source.operation : source.attributes[ATTR.operationName];
}

/**
 * Sets the attributes of a span that other code wrote, or may have changed.
 * @returns the content attributes of the conventions, which are set later because their structure is kept if texts are
 * redacted
 */
function giveForeign(
  source: ReadableSpanLike | SpanData,
  mode: ContentMode,
  mask: Mask,
  sink: AttributeSink,
): Attributes | undefined {
  const attributes = source.attributes as Attributes;
  const isOfDialect = dialectOf(originOf(source)) !== undefined;
  let structured: Attributes | undefined;
  for (const name in attributes) {
    const kind = attributeKind(name, isOfDialect);
    if (kind === 'content' && isStructured(name)) {
      structured ??= {};
      structured[name] = attributes[name];
      continue;
    }
    const value = attributeFor(name, kind, attributes[name], mode, mask);
    if (value !== undefined) sink.setAttribute(name, value as AttributeValue);
  }
  return structured;
}

/** Content attributes of the conventions and our own, which are read into the domain and written again. */
const structuredNames: ReadonlySet<string> = new Set([
  ...contentFields.flatMap((field) => contentAttributeName(field) ?? []),
  ATTR.toolCallArguments,
  ATTR.toolCallResult,
  'gen_ai.retrieval.query.text',
  'gen_ai.retrieval.documents',
  'gen_ai.memory.query.text',
  'gen_ai.memory.records',
]);

function isStructured(name: string): boolean {
  return structuredNames.has(name) || name.startsWith(ATTR.promptVariablePrefix);
}

/** The same attributes as a record, rewritten by the dialect. */
export function attributesFor(
  ended: EndedSpan,
  mode: ContentMode,
  dialect: Dialect | undefined,
): Readonly<Record<string, unknown>> {
  const allowed: Attributes = {};
  giveAttributes(ended, mode, {
    setAttribute(name, value) {
      allowed[name] = value;
    },
  });
  // The attributes of another tracer's span are not converted to the backend's dialect.
  return dialect && isGenAISpan(allowed) ? dialect(allowed, decodeAttributes(allowed)) : allowed;
}

/** Combines the content in attributes with the content attached to the span, which takes precedence. */
function giveContent(
  onSpan: Attributes,
  content: Content | undefined,
  mask: Mask,
  mode: ContentMode,
  sink: AttributeSink,
): void {
  const facts: Facts = { ...maskContent(decodeAttributes(onSpan), mask), ...content };
  const written = encodeAttributes(mode === 'full' ? facts : redacted(facts), true);
  // Attributes that are not in the table are treated as plain text.
  for (const [name, value] of Object.entries(onSpan)) {
    if (name in written || Object.keys(decodeAttributes({ [name]: value })).length > 0) continue;
    written[name] = mode === 'full' ? mask(jsonOf(value)) : JSON.stringify(REDACTED);
  }
  for (const name in written) if (written[name] !== undefined) sink.setAttribute(name, written[name]);
}

/** Arguments and result of a tool, which are attached to the span as a tool execution, or are two attributes. */
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

/** There are few resources, and encoders cache their result by the resource object. */
const joined = new WeakMap<ReadableResource, JoinedResource>();

interface JoinedResource {
  readonly extra: Extra | undefined;
  readonly mask: Mask;
  readonly resource: ReadableResource;
}

/** The span's resource, masked and with additional attributes. Returns the same object for the same resource. */
export function resourceWith(
  source: ReadableSpanLike | SpanData,
  extra: Extra | undefined,
  mask: Mask,
): ReadableResource {
  const own = resourceOf(source);
  const known = joined.get(own);
  if (known?.extra === extra && known?.mask === mask) return known.resource;
  const masked = maskedResource(own.attributes, mask);
  const resource =
    masked === own.attributes && !extra
      ? own
      : (Object.create(own, { attributes: { value: { ...masked, ...extra } } }) as ReadableResource);
  if (!own.asyncAttributesPending) joined.set(own, { extra, mask, resource });
  return resource;
}
