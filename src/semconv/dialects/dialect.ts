import type { Facts, Outcome, ToolExecution } from '../../interaction/interaction.ts';
import type { SpanData } from '../span-data.ts';

/**
 * What a span is in its trace:
 * - `call`: one request to a model, or one run of a remote agent
 * - `tool`: one execution of a tool
 * - `outer`: surrounds calls and repeats what they say, such as a chain or an in-process agent
 * - `part`: anything else, such as a retrieval or a prompt template
 */
export type Role = 'call' | 'tool' | 'outer' | 'part';

/** What a span says, read from its tracer's attributes and events. */
export interface Reading {
  readonly role: Role;
  /** With the operation and the content. */
  readonly facts: Facts;
  readonly tool?: ToolExecution;
  /** Where the dialect says more than the span's status. */
  readonly outcome?: Outcome;
  /** Unix milliseconds, where the call began before its span. */
  readonly startTime?: number;
}

/** What tells which tracer made a span. */
export type SpanOrigin = Pick<SpanData, 'attributes' | 'scope'>;

/** The attributes, events and scope names of one tracer. */
export interface Dialect {
  readonly name: string;
  /** Scope names of the tracer; `*` at the end stands for any ending. */
  readonly scopes: readonly string[];
  /** Whether the span carries the dialect's own marker. Reads a few attributes at most. */
  readonly claims: (span: SpanOrigin) => boolean;
  readonly read: (span: SpanData) => Reading;
}
