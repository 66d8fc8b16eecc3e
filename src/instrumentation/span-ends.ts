import type { Context, Link, SpanKind } from '@opentelemetry/api';
import type { Content, Facts, ToolExecution } from '../interaction/interaction.ts';
import type { Attributes } from '../semconv/attributes.ts';
import type { CallAmendments } from './client-amendments.ts';
import type { RecordedError } from './errors.ts';

/** A span that is about to be started. */
export interface Start {
  /** `{operation} {model or agent or tool}`. */
  readonly name: string;
  readonly kind: SpanKind;
  /** What is known at the start, without content. Samplers receive it. */
  readonly facts: Facts;
  /** What was set for the call's client when the call started. */
  readonly amendments?: CallAmendments | undefined;
  /** Attributes that are not facts of an interaction, such as a tool's name. */
  readonly attributes?: Attributes;
  /** Unix milliseconds; now, if undefined. */
  readonly startTime?: number;
  /** The active context, if undefined. */
  readonly parent?: Context;
  readonly links?: Link[];
}

export interface Ending {
  /** The span's name, if it is known only from the answer. */
  readonly name?: string;
  /** Facts that became known since the start. They may contain content. */
  readonly facts?: Facts;
  /** The messages, uncut and unmasked. A function is called only when something reads them. */
  readonly content?: Content | (() => Content);
  /** The content of an answer, beside that of its request, which is read later. */
  readonly answered?: Content;
  /** Texts of the content that were already cut while they arrived. */
  readonly cutTexts?: ReadonlySet<string>;
  readonly attributes?: Attributes;
  /** Only for `execute_tool` spans: what ran. Its arguments and result are content. */
  readonly tool?: ToolExecution;
  /** Things that happened while the span was open, such as a new status of a run. */
  readonly events?: readonly TimedEvent[];
  /** Unix milliseconds; now, if undefined. */
  readonly endTime?: number;
  readonly error?: RecordedError;
  /** The process or `shutdown()` ended before the call did. */
  readonly isCut?: boolean;
}

export interface TimedEvent {
  readonly name: string;
  /** Unix milliseconds. */
  readonly time: number;
  readonly attributes: Readonly<Record<string, string | number>>;
}
