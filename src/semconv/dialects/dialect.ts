import type { Facts, Outcome, ToolExecution } from '../../interaction/interaction.ts';
import type { SpanData } from '../span-data.ts';

/**
 * The role of a span in its trace:
 * - `call`: one request to a model, or one run of a remote agent
 * - `tool`: one execution of a tool
 * - `outer`: contains calls and repeats their data, such as a chain or an in-process agent
 * - `part`: anything else, such as a retrieval or a prompt template
 */
export type Role = 'call' | 'tool' | 'outer' | 'part';

/** What was read from the attributes and events of a span. */
export interface Reading {
  readonly role: Role;
  /** Includes the operation and the content. */
  readonly facts: Facts;
  readonly tool?: ToolExecution;
  /** Set if the dialect contains more than the span's status. */
  readonly outcome?: Outcome;
  /** Unix milliseconds. Set if the call began before its span. */
  readonly startTime?: number;
}

/** The parts of a span that identify its tracer. */
export type SpanOrigin = Pick<SpanData, 'attributes' | 'scope'>;

/** The attributes, events and scope names of one tracer. */
export interface Dialect {
  readonly name: string;
  /** Scope names of the tracer. A `*` at the end matches any ending. */
  readonly scopes: readonly string[];
  /** Whether the span has the dialect's own marker. Reads only a few attributes. */
  readonly claims: (span: SpanOrigin) => boolean;
  readonly read: (span: SpanData) => Reading;
}
