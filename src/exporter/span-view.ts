import { contentFields, type Facts } from '../interaction/interaction.ts';
import { decodeAttributes, encodeAttributes } from '../semconv/attributes.ts';
import { isGenAISpan } from '../semconv/from-spans.ts';
import { ATTR, OPERATION } from '../semconv/names.ts';
import { contentOf } from '../semconv/span-content.ts';
import type { ReadableSpanLike } from '../semconv/span-data.ts';
import { type ContentMode, REDACTED, redacted } from './content-policy.ts';

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
 * (and resource) of its own. Content comes from beside the span and from the span alike.
 */
export function spanFor(span: ReadableSpanLike, content: ContentMode, options: SpanViewOptions): ReadableSpanLike {
  const attributes = isGenAISpan(span.attributes) ? attributesFor(span, content, options.dialect) : span.attributes;
  if (attributes === span.attributes && !options.resource) return span;
  return Object.create(span, {
    attributes: { value: attributes },
    ...(options.resource && { resource: { value: resourceWith(span.resource, options.resource) } }),
  }) as ReadableSpanLike;
}

function attributesFor(
  span: ReadableSpanLike,
  content: ContentMode,
  dialect: Dialect | undefined,
): Readonly<Record<string, unknown>> {
  const beside = contentOf(span);
  const kept: Record<string, unknown> = {};
  let changed = false;
  for (const name in span.attributes) {
    if (content !== 'full' && isContent(name)) changed = true;
    else kept[name] = span.attributes[name];
  }
  if (span.attributes[ATTR.operationName] === OPERATION.executeTool) {
    if (content !== 'none') changed = writeToolContent(kept, span, content) || changed;
  } else if (content !== 'none') {
    const said = { ...decodeAttributes(span.attributes), ...beside };
    const wanted = content === 'full' ? (beside ?? {}) : redacted(said);
    for (const [name, value] of Object.entries(encodeAttributes(wanted, true))) {
      if (!isContent(name)) continue;
      kept[name] = value;
      changed = true;
    }
  }
  if (dialect) return dialect(kept, { ...decodeAttributes(kept) });
  return changed ? kept : span.attributes;
}

/** What a tool was given and gave back: beside the span as its one tool execution, on it as two attributes. */
function writeToolContent(kept: Record<string, unknown>, span: ReadableSpanLike, content: ContentMode): boolean {
  const beside = contentOf(span)?.toolExecutions?.[0];
  const given = beside?.arguments ?? span.attributes[ATTR.toolCallArguments];
  const result = beside?.result ?? span.attributes[ATTR.toolCallResult];
  if (given !== undefined) kept[ATTR.toolCallArguments] = content === 'full' ? textFrom(given) : REDACTED;
  if (result !== undefined) kept[ATTR.toolCallResult] = content === 'full' ? textFrom(result) : REDACTED;
  return given !== undefined || result !== undefined;
}

function textFrom(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function resourceWith(resource: ReadableSpanLike['resource'], extra: Readonly<Record<string, string>>): unknown {
  return Object.create(resource, { attributes: { value: { ...resource.attributes, ...extra } } });
}
