import { type Context, context, type Link, trace } from '@opentelemetry/api';
import type { Facts } from '../interaction/interaction.ts';
import type { ToolCallPart } from '../interaction/message.ts';
import type { Recorder } from './recorder.ts';
import type { Recording } from './recording.ts';
import { answeredCalls, answersText, type Lookup, placeOf, requesterIn, ToolTurns } from './tool-calls.ts';
import { type ReadHistory, readHistory, type ToolHistory, turnKeys } from './tool-history.ts';
import { inferTool } from './tool-spans.ts';
import type { Place, Turn } from './tool-turn.ts';

/** Where the span of a request belongs: its parent, or what it links to. */
export interface LoopPlace {
  readonly parent?: Context;
  readonly links?: Link[];
}

/** One request of a conversation with tools, from its messages to the tool calls of its answer. */
export class ToolLoop {
  readonly #recorder: Recorder;
  readonly #history: ToolHistory;
  readonly #facts: Facts;
  readonly #active = context.active();
  #read: ReadHistory | undefined;

  /** Most requests that offer tools only need this. Everything else is computed once an answer requests calls. */
  constructor(recorder: Recorder, history: ToolHistory, facts: Facts) {
    this.#recorder = recorder;
    this.#history = history;
    this.#facts = facts;
  }

  get #server(): string {
    const { serverAddress = '', serverPort = '' } = this.#facts;
    return `${serverAddress}:${serverPort}`;
  }

  /** Conversation ids are unique on one server only. */
  get #here(): Place {
    const here = placeOf(this.#active, this.#recorder);
    const { conversationId } = this.#facts;
    return here.conversationId === undefined && conversationId !== undefined
      ? { ...here, conversationId: this.#named(conversationId) }
      : here;
  }

  /**
   * The place of a request that answers tool calls. Without an active span it becomes a child of the span that
   * requested the calls; with one, it gets a link to that span.
   */
  resume(): LoopPlace {
    const turns = this.#recorder.stateOf(ToolTurns);
    if (turns.isEmpty || !this.#history.hasAnswers) return {};
    const history = this.#readOnce();
    const match = history && turns.find(this.#lookupsIn(history), this.#here, this.#server);
    if (!match) return {};
    const { turn, lookup } = match;
    for (const [call, result] of answeredCalls(turn, lookup.answers)) {
      if (!call.isClaimed) inferTool(this.#recorder, turn, call, result);
    }
    turn.answered = answersText(lookup.answers);
    return placeBelow(turn);
  }

  /**
   * Remembers the function calls that an answer requests. Each choice of the answer may be continued separately.
   * @param names under which the server stores the history that includes this answer
   */
  open(recording: Recording, answers: readonly (readonly ToolCallPart[])[], names: readonly string[] = []): void {
    const requests = answers.filter((calls) => calls.length > 0);
    const history = requests.length > 0 ? this.#readOnce() : undefined;
    if (!history) return;
    const turns = this.#recorder.stateOf(ToolTurns);
    const { conversationId } = recording.facts;
    const keys = names.map((name) => this.#named(name));
    const since = Date.now();
    const requester = requesterIn(recording.context, this.#recorder);
    for (const calls of requests) {
      const { exact, near } = turnKeys(history, calls);
      turns.open(
        {
          calls: calls.map(({ id, name, arguments: args }) => ({ id: id || undefined, name, arguments: args })),
          requester,
          place: this.#here,
          server: this.#server,
          facts: conversationId === undefined ? {} : { conversationId },
          since,
        },
        [exact, near, ...keys],
      );
    }
  }

  #lookupsIn({ places, newest }: ReadHistory): readonly Lookup[] {
    const names = this.#history.names ?? [];
    const answered = places.filter(({ answers }) => answers.length > 0);
    return [
      ...names.map((name) => ({ key: this.#named(name), answers: newest })),
      ...answered.map(({ exact: key, answers }) => ({ key, answers })),
      ...answered.map(({ near: key, answers }) => ({ key, answers, isNear: true })),
    ];
  }

  #named(name: string): string {
    return `${this.#server} ${name}`;
  }

  /** Undefined if the messages cannot be read. */
  #readOnce(): ReadHistory | undefined {
    try {
      this.#read ??= readHistory(this.#history);
    } catch {
      return undefined;
    }
    return this.#read;
  }
}

function placeBelow({ requester }: Turn): LoopPlace {
  const active = context.active();
  const spanContext = trace.getSpanContext(requester);
  if (!spanContext) return {};
  return trace.getSpanContext(active)
    ? { links: [{ context: spanContext }] }
    : { parent: trace.setSpanContext(active, spanContext) };
}
