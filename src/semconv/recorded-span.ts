import { type SpanContext, type SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { Content, Facts } from '../interaction/interaction.ts';
import {
  type AttributeSink,
  type Attributes,
  encodeAttributes,
  withFetchedUsage,
  withFetchedUsageTo,
  writeAttributes,
} from './attributes.ts';
import { OPERATION } from './names.ts';
import type { HrTime, ReadableResource, ReadableSpanLike, SpanData, SpanScope } from './span-data.ts';

const UNSET = { code: SpanStatusCode.UNSET };
const NONE: readonly never[] = [];

interface Described {
  readonly name: string;
  readonly kind: SpanKind;
  readonly context: SpanContext;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly resource: ReadableResource;
  readonly scope: SpanScope;
  /** Without content. */
  readonly facts: Facts;
  /** Attributes that are not facts of an interaction. */
  readonly more: Attributes | undefined;
}

/**
 * An ended span without parent, events and links that is read like one of the SDK, at a tenth of the cost: its attributes
 * are written when something reads them, and most destinations read the facts.
 */
export class RecordedSpan implements ReadableSpanLike {
  readonly name: string;
  readonly kind: SpanKind;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly resource: ReadableResource;
  readonly instrumentationScope: SpanScope;
  readonly status: ReadableSpanLike['status'] = UNSET;
  readonly #context: SpanContext;
  readonly #facts: Facts;
  readonly #more: Attributes | undefined;
  #attributes: Attributes | undefined;

  constructor({ name, kind, context, startTime, endTime, resource, scope, facts, more }: Described) {
    this.name = name;
    this.kind = kind;
    this.startTime = startTime;
    this.endTime = endTime;
    this.resource = resource;
    this.instrumentationScope = scope;
    this.#context = context;
    this.#facts = facts;
    this.#more = more;
  }

  spanContext(): SpanContext {
    return this.#context;
  }

  get attributes(): Attributes {
    this.#attributes ??= attributesOf(this.#facts, this.#more);
    return this.#attributes;
  }

  /** Sets the attributes at a sink: without a record of them, unless that exists already or is needed. */
  giveAttributes(sink: AttributeSink): void {
    if (this.#attributes === undefined && this.#more === undefined) {
      const isFetched = this.#facts.operation === OPERATION.fetchResponse;
      writeAttributes(this.#facts, false, isFetched ? withFetchedUsageTo(sink) : sink);
      return;
    }
    const { attributes } = this;
    for (const name in attributes) {
      const value = attributes[name];
      if (value !== undefined) sink.setAttribute(name, value);
    }
  }

  /** The operation, without its attributes being written. */
  get operation(): Facts['operation'] {
    return this.#facts.operation;
  }

  get duration(): HrTime {
    const nanoseconds = this.endTime[1] - this.startTime[1];
    const seconds = this.endTime[0] - this.startTime[0];
    return nanoseconds < 0 ? [seconds - 1, nanoseconds + 1e9] : [seconds, nanoseconds];
  }

  /** The span as data, whose attributes are made when they are read. It is not a plain object, so destinations must not get it. */
  view(content: Content | undefined, facts: Facts | undefined): SpanData {
    return new View(this, content, facts);
  }

  get ended(): boolean {
    return true;
  }

  get events(): readonly never[] {
    return NONE;
  }

  get links(): readonly never[] {
    return NONE;
  }

  get droppedAttributesCount(): number {
    return 0;
  }

  get droppedEventsCount(): number {
    return 0;
  }

  get droppedLinksCount(): number {
    return 0;
  }
}

class View implements SpanData {
  readonly #span: RecordedSpan;
  readonly name: string;
  readonly kind: SpanKind;
  readonly traceId: string;
  readonly spanId: string;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly status: SpanData['status'];
  readonly scope: SpanScope;
  readonly content?: Content;
  readonly facts?: Facts;

  constructor(span: RecordedSpan, content: Content | undefined, facts: Facts | undefined) {
    const { traceId, spanId } = span.spanContext();
    this.#span = span;
    this.name = span.name;
    this.kind = span.kind;
    this.traceId = traceId;
    this.spanId = spanId;
    this.startTime = span.startTime;
    this.endTime = span.endTime;
    this.status = span.status;
    this.scope = span.instrumentationScope;
    if (content) this.content = content;
    if (facts) this.facts = facts;
  }

  get attributes(): Attributes {
    return this.#span.attributes;
  }

  get resource(): Readonly<Record<string, unknown>> {
    return this.#span.resource.attributes;
  }
}

function attributesOf(facts: Facts, more: Attributes | undefined): Attributes {
  const encoded = encodeAttributes(facts, false);
  const attributes = facts.operation === OPERATION.fetchResponse ? withFetchedUsage(encoded) : encoded;
  return more ? Object.assign(attributes, more) : attributes;
}
