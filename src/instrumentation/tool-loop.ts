import { type Context, context, type Link, trace } from '@opentelemetry/api';
import type { Facts } from '../interaction/interaction.ts';
import type { ToolCallPart } from '../interaction/message.ts';
import type { Recorder } from './recorder.ts';
import type { Recording } from './recording.ts';
import { answeredCalls, answersText, type Lookup, type Place, placeOf, ToolTurns, type Turn } from './tool-calls.ts';
import { type ReadHistory, readHistory, type ToolHistory, turnKeys } from './tool-history.ts';
import { inferTool } from './tool-spans.ts';

/** Where the span of a request belongs: its parent, or what it links to. */
export interface LoopPlace {
  readonly parent?: Context;
  readonly links?: Link[];
}

/** One request in a conversation with tools, from its messages to the calls of its answer. */
export class ToolLoop {
  readonly #recorder: Recorder;
  readonly #history: ToolHistory;
  readonly #facts: Facts;
  readonly #active = context.active();
  #read: ReadHistory | undefined;

  /** Most requests that offer tools need no more than this: everything else is worked out when calls are asked for. */
  constructor(recorder: Recorder, history: ToolHistory, facts: Facts) {
    this.#recorder = recorder;
    this.#history = history;
    this.#facts = facts;
  }

  get #server(): string {
    const { serverAddress = '', serverPort = '' } = this.#facts;
    return `${serverAddress}:${serverPort}`;
  }

  /** Conversation ids of a server are unique on that server only. */
  get #here(): Place {
    const here = placeOf(this.#active, this.#recorder);
    const { conversationId } = this.#facts;
    return here.conversationId === undefined && conversationId !== undefined
      ? { ...here, conversationId: this.#named(conversationId) }
      : here;
  }

  /**
   * A request that answers tool calls continues where they were asked. Without an active span it joins the asking span's
   * trace, below it; with one, it links.
   */
  resume(): LoopPlace {
    const turns = this.#recorder.memoryOf(ToolTurns);
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
   * Remembers the functions that an answer asks for. Each choice of the answer may be continued by itself.
   * @param names under which the server stores the history that includes this answer
   */
  open(recording: Recording, answers: readonly (readonly ToolCallPart[])[], names: readonly string[] = []): void {
    const asking = answers.filter((calls) => calls.length > 0);
    const history = asking.length > 0 ? this.#readOnce() : undefined;
    if (!history) return;
    const turns = this.#recorder.memoryOf(ToolTurns);
    const { conversationId } = recording.facts;
    const keys = names.map((name) => this.#named(name));
    const since = Date.now();
    for (const calls of asking) {
      const { exact, near } = turnKeys(history, calls);
      turns.open(
        {
          calls: calls.map(({ id, name, arguments: args }) => ({ id: id || undefined, name, arguments: args })),
          asking: recording.context,
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

  /** Undefined for messages that can't be read. */
  #readOnce(): ReadHistory | undefined {
    try {
      this.#read ??= readHistory(this.#history);
    } catch {
      return undefined;
    }
    return this.#read;
  }
}

function placeBelow({ asking }: Turn): LoopPlace {
  const active = context.active();
  const spanContext = trace.getSpanContext(asking);
  if (!spanContext) return {};
  return trace.getSpanContext(active)
    ? { links: [{ context: spanContext }] }
    : { parent: trace.setSpanContext(active, spanContext) };
}
