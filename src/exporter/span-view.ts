import { type Content, contentFields, type Facts } from '../interaction/interaction.ts';
import { jsonOf } from '../interaction/json.ts';
import { type Mask, maskContent } from '../interaction/mask.ts';
import { decodeAttributes, encodeAttributes } from '../semconv/attributes.ts';
import { isGenAISpan } from '../semconv/from-spans.ts';
import { ATTR, OPERATION } from '../semconv/names.ts';
import type { ReadableSpanLike } from '../semconv/span-data.ts';
import { type ContentMode, REDACTED, redacted } from './content-policy.ts';
import type { Ended } from './destination.ts';

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
  const attributes = isGenAISpan(span.attributes) ? attributesFor(ended, content, dialect) : span.attributes;
  if (attributes === span.attributes && !resource) return span;
  return Object.create(span, {
    attributes: { value: attributes },
    ...(resource && { resource: { value: resourceWith(span.resource, resource) } }),
  }) as ReadableSpanLike;
}

function attributesFor(
  ended: Ended,
  mode: ContentMode,
  dialect: Dialect | undefined,
): Readonly<Record<string, unknown>> {
  const { attributes } = ended.span;
  const names = Object.keys(attributes);
  const isSilent = (mode === 'none' || ended.content === undefined) && !names.some(isContent);
  if (isSilent && !dialect) return attributes;
  const kept: Record<string, unknown> = {};
  for (const name of names) if (!isContent(name)) kept[name] = attributes[name];
  if (mode !== 'none') Object.assign(kept, contentFor(ended, mode));
  return dialect ? dialect(kept, decodeAttributes(kept)) : kept;
}

/** The content attributes of a span, from wherever its content is. */
function contentFor({ span: { attributes }, content, mask }: Ended, mode: ContentMode): Record<string, unknown> {
  if (attributes[ATTR.operationName] === OPERATION.executeTool) return toolContentFor(attributes, content, mask, mode);
  const onSpan: Record<string, unknown> = {};
  for (const name of Object.keys(attributes)) if (isContent(name)) onSpan[name] = attributes[name];
  const said: Facts = { ...maskContent(decodeAttributes(onSpan), mask), ...content };
  const written: Record<string, unknown> = encodeAttributes(mode === 'full' ? said : redacted(said), true);
  // What the table does not know of is a plain text to us.
  for (const [name, value] of Object.entries(onSpan)) {
    if (name in written || Object.keys(decodeAttributes({ [name]: value })).length > 0) continue;
    written[name] = mode === 'full' ? mask(jsonOf(value)) : JSON.stringify(REDACTED);
  }
  return written;
}

/** What a tool was given and gave back: beside the span as its one tool execution, on it as two attributes. */
function toolContentFor(
  attributes: Readonly<Record<string, unknown>>,
  content: Content | undefined,
  mask: Mask,
  mode: ContentMode,
): Record<string, unknown> {
  const tool = content?.toolExecutions?.[0];
  const written: Record<string, unknown> = {};
  for (const [name, value] of [
    [ATTR.toolCallArguments, tool?.arguments ?? attributes[ATTR.toolCallArguments]],
    [ATTR.toolCallResult, tool?.result ?? attributes[ATTR.toolCallResult]],
  ] as const) {
    if (value !== undefined) written[name] = mode === 'full' ? mask(jsonOf(value)) : JSON.stringify(REDACTED);
  }
  return written;
}

function resourceWith(resource: ReadableSpanLike['resource'], extra: Readonly<Record<string, string>>): unknown {
  return Object.create(resource, { attributes: { value: { ...resource.attributes, ...extra } } });
}
