import type { Answer, ToolSpan } from '../../gateway/api/routes.ts';
import type { Interaction, ToolExecution } from '../../interaction/interaction.ts';
import type { Message, Part, ToolCallPart } from '../../interaction/message.ts';

export type ConversationRow = Answer<'getConversation'>['rows'][number];

/** A tool call with what came back for it. */
export interface TranscriptCall {
  readonly call: ToolCallPart;
  readonly response?: unknown;
  /** Seconds that the tool took, where a span of it was seen. */
  readonly duration?: number;
  readonly error?: string;
  readonly spanId?: string;
}

export interface TranscriptMessage {
  /** Unique in the conversation, and the same after a reload: `turn-14`, `turn-14.2`, or the provider's id. */
  readonly key: string;
  readonly turn: number;
  readonly isFirst: boolean;
  readonly role: string;
  readonly parts: readonly Part[];
  readonly calls: readonly TranscriptCall[];
  /** The interaction that answered with this message; absent for what the application sent. */
  readonly row?: ConversationRow;
  /** When the application sent it, where that is known. */
  readonly at?: number;
  readonly error?: string;
}

export interface Turn {
  readonly number: number;
  readonly title: string;
  readonly messages: readonly TranscriptMessage[];
  readonly rows: readonly ConversationRow[];
}

export function interactionOf(row: ConversationRow): Partial<Interaction> {
  return row.interaction as Partial<Interaction>;
}

/**
 * The conversation as it was held: every request repeats its history, so only what no earlier request had is new. A turn
 * begins with a message of the user. Results of tools are attached to the calls that requested them.
 */
export function transcriptOf(rows: readonly ConversationRow[], tools: readonly ToolSpan[] = []): Turn[] {
  const turns: Building[] = [];
  const seen = new ToolsByCall(tools);
  const answered = new OpenCalls();
  let before: Prints = () => [];
  for (const row of rows) {
    const { systemInstructions, inputMessages = [], outputMessages = [], outcome, toolExecutions } = interactionOf(row);
    const instructions = systemInstructions?.length ? [{ role: 'system', parts: systemInstructions }] : [];
    const input: Message[] = [...instructions, ...inputMessages];
    const own = once(() => input.map(fingerprint));
    const history = before();
    const prints = history.length > 0 ? own() : [];
    const known = commonLength(prints, history);
    const repeated = known > 0 ? undefined : new Set(history);
    const fresh = input.slice(known).filter((message, index) => !repeated?.has(prints[index] ?? '') || isUser(message));
    for (const message of fresh) {
      if (isUser(message) || turns.length === 0) beginTurn(turns);
      answered.give(message);
      if (message.role === 'tool') continue;
      const at = isUser(message) ? { at: row.startTime } : {};
      add(turns, answered, { message, calls: callsOf(message, seen), ...at });
    }
    if (turns.length === 0) beginTurn(turns);
    turns.at(-1)?.rows.push(row);
    for (const message of outputMessages)
      add(turns, answered, { message, calls: callsOf(message, seen, toolExecutions), row });
    if (outputMessages.length === 0) {
      const error = outcome?.status === 'error' ? (outcome.message ?? outcome.type) : undefined;
      const message = { role: 'assistant', parts: [] };
      add(turns, answered, { message, calls: executed(toolExecutions), row, ...(error !== undefined && { error }) });
    }
    before = once(() => [...own(), ...outputMessages.map(fingerprint)]);
  }
  return turns.map((turn, index) => finished(turn, index + 1));
}

interface Building {
  readonly messages: Omit<TranscriptMessage, 'key' | 'turn' | 'isFirst'>[];
  readonly ids: (string | undefined)[];
  readonly rows: ConversationRow[];
}

/** Instructions that came first stand at the head of the first turn. */
function beginTurn(turns: Building[]): void {
  const last = turns.at(-1);
  const isHead = last && turns.length === 1 && last.rows.length === 0 && last.messages.every(isInstruction);
  if (!isHead) turns.push({ messages: [], ids: [], rows: [] });
}

interface Added extends Pick<TranscriptMessage, 'calls' | 'row' | 'at' | 'error'> {
  readonly message: Message;
}

function add(turns: Building[], answered: OpenCalls, { message, calls, ...more }: Added): void {
  if (turns.length === 0) beginTurn(turns);
  const turn = turns.at(-1);
  if (!turn) return;
  const parts = message.parts.filter(({ type }) => type !== 'tool_call' && type !== 'tool_call_response');
  turn.messages.push({ role: message.role, parts, calls, ...more });
  turn.ids.push(message.id);
  answered.open(turn.messages, turn.messages.length - 1);
}

function finished({ messages, ids, rows }: Building, number: number): Turn {
  // Instructions at its head stand above the rule.
  const begin = Math.max(
    0,
    messages.findIndex((message) => !isInstruction(message)),
  );
  return {
    number,
    title: titleOf(messages),
    rows,
    messages: messages.map((message, index) => ({
      ...message,
      key: ids[index] ?? (index === 0 ? `turn-${number}` : `turn-${number}.${index}`),
      turn: number,
      isFirst: index === begin,
    })),
  };
}

/** Spans of tools by the id of their call. Servers exist that use an id again: the first call gets the first span. */
class ToolsByCall {
  readonly #spans = new Map<string, ToolSpan[]>();

  constructor(tools: readonly ToolSpan[]) {
    for (const tool of tools) {
      if (tool.callId === undefined) continue;
      const same = this.#spans.get(tool.callId);
      if (same) same.push(tool);
      else this.#spans.set(tool.callId, [tool]);
    }
  }

  take(callId: string | undefined): ToolSpan | undefined {
    return callId === undefined ? undefined : this.#spans.get(callId)?.shift();
  }
}

/** Calls without a result, by id: the last one gets the next result. */
class OpenCalls {
  readonly #open = new Map<string, (response: unknown) => void>();

  open(messages: Building['messages'], index: number): void {
    messages[index]?.calls.forEach(({ call, response }, at) => {
      if (call.id === undefined || response !== undefined) return;
      this.#open.set(call.id, (given) => {
        const message = messages[index];
        if (!message) return;
        messages[index] = {
          ...message,
          calls: message.calls.map((each, place) => (place === at ? { ...each, response: given } : each)),
        };
      });
    });
  }

  give({ parts }: Message): void {
    for (const part of parts) {
      if (part.type !== 'tool_call_response' || part.id === undefined) continue;
      this.#open.get(part.id)?.(part.response);
      this.#open.delete(part.id);
    }
  }
}

function callsOf({ parts }: Message, seen: ToolsByCall, executions: readonly ToolExecution[] = []): TranscriptCall[] {
  const own = parts.flatMap((part) => {
    if (part.type !== 'tool_call') return [];
    const ran = executions.find(({ id, name }) => (part.id === undefined ? name === part.name : id === part.id));
    const span = seen.take(part.id);
    return [{ call: part, ...ranIn(ran), ...spannedBy(span) }];
  });
  // A run's calls are not parts of its answer: what it executed stands before its words.
  return own.length > 0 ? own : executed(executions);
}

function executed(executions: readonly ToolExecution[] = []): TranscriptCall[] {
  return executions.map((ran) => ({
    call: {
      type: 'tool_call',
      name: ran.name,
      ...(ran.id !== undefined && { id: ran.id }),
      ...(ran.arguments !== undefined && { arguments: ran.arguments }),
    },
    ...ranIn(ran),
  }));
}

function ranIn(ran: ToolExecution | undefined): Partial<TranscriptCall> {
  if (!ran) return {};
  const { result, startTime, endTime, errorType } = ran;
  return {
    ...(result !== undefined && { response: result }),
    ...(startTime !== undefined && endTime !== undefined && { duration: (endTime - startTime) / 1_000 }),
    ...(errorType !== undefined && { error: errorType }),
  };
}

function spannedBy(span: ToolSpan | undefined): Partial<TranscriptCall> {
  if (!span) return {};
  const { startTime, endTime, error, spanId } = span;
  return { duration: (endTime - startTime) / 1_000, spanId, ...(error !== undefined && { error }) };
}

function isUser({ role }: { readonly role: string }): boolean {
  return role === 'user';
}

function isInstruction({ role }: { readonly role: string }): boolean {
  return role === 'system' || role === 'developer';
}

/** What a message says, without ids and reasons that only its answer has. */
function fingerprint({ role, parts }: Message): string {
  return JSON.stringify([
    role,
    parts.flatMap((part) => {
      if (part.type === 'tool_call') return [[part.type, part.name, part.arguments]];
      if (part.type === 'tool_call_response') return [[part.type, part.response]];
      // A model's reasoning is not sent back with the history.
      if (part.type === 'reasoning') return [];
      return 'content' in part ? [[part.type, part.content]] : [part];
    }),
  ]);
}

/** Fingerprints are made when a later request is compared: the last request of a conversation is the longest. */
type Prints = () => readonly string[];

function once(make: Prints): Prints {
  let made: readonly string[] | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function commonLength(one: readonly string[], other: readonly string[]): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return length;
}

const TITLE = 80;

function titleOf(messages: Building['messages']): string {
  const message = messages.find(isUser) ?? messages[0];
  const text = message?.parts.flatMap((part) => (part.type === 'text' ? [part.content] : [])).join(' ') ?? '';
  const line = text
    .slice(0, 4 * TITLE)
    .replace(/\s+/g, ' ')
    .trim();
  return line.length > TITLE ? `${line.slice(0, TITLE - 1).trimEnd()}…` : line;
}
