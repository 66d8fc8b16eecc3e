import type { SpanContext } from '@opentelemetry/api';
import type { AttributeSink } from '../semconv/attributes.ts';
import {
  isSpanData,
  type ReadableResource,
  type ReadableSpanLike,
  type SpanData,
  type SpanScope,
} from '../semconv/span-data.ts';

/** What is written in place of a span's own values. The span is neither changed nor copied. */
export interface SpanChanges {
  readonly resource?: ReadableResource;
  /** Sets the attributes, instead of the span's own. */
  readonly giveAttributes?: (sink: AttributeSink) => void;
  readonly statusMessage?: string;
  readonly name?: string;
  /** The attributes of an event, in place of its own. */
  readonly eventAttributes?: (event: string, attributes: AttributeMap) => AttributeMap;
  /** The attributes of a link, or of the span's scope, in place of its own. */
  readonly linkAttributes?: (attributes: AttributeMap) => AttributeMap;
}

type AttributeMap = Readonly<Record<string, unknown>>;

/** For spans that name no instrumentation. */
export const noScope: SpanScope = { name: '' };

const resources = new WeakMap<object, ReadableResource>();

/** The same object for the same resource: what was encoded of a resource is cached by it. */
export function resourceOf(span: ReadableSpanLike | SpanData): ReadableResource {
  if (!isSpanData(span)) return span.resource;
  const { resource: attributes } = span;
  let resource = resources.get(attributes);
  if (!resource) {
    resource = { attributes };
    resources.set(attributes, resource);
  }
  return resource;
}

/** The trace flags, that it is known whether the parent is remote, and whether it is. */
export function flagsOf({ traceFlags }: SpanContext, parent: SpanContext | undefined): number {
  return (traceFlags & 0xff) | 0x100 | (parent?.isRemote ? 0x200 : 0);
}
