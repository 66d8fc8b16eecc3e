import type { Answer } from '../../gateway/api/routes.ts';
import type { Interaction } from '../../interaction/interaction.ts';
import type { Message, Part, ToolCallPart } from '../../interaction/message.ts';

export type ConversationRow = Answer<'getConversation'>['rows'][number];

/** A tool call with what came back for it. */
export interface TranscriptCall {
  readonly call: ToolCallPart;
  readonly response?: unknown;
  /** Seconds that the tool took, where a span of it was seen. */
  readonly duration?: number;
  readonly error?: string;
}

export interface TranscriptMessage {
  readonly role: string;
  readonly parts: readonly Part[];
  readonly calls: readonly TranscriptCall[];
  /** The interaction that answered with this message; absent for what the application sent. */
  readonly row?: ConversationRow;
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
 * The conversation as it was held: every request repeats its history, so of each only what no earlier one had is new. A
 * turn begins with words of the user. Answers of tools stand with the calls that asked for them.
 */
export function transcriptOf(rows: readonly ConversationRow[]): Turn[] {
  const turns: Building[] = [];
  let history: string[] = [];
  for (const row of rows) {
    const {
      systemInstructions,
      inputMessages = [],
      outputMessages = [],
      outcome,
      toolExecutions = [],
    } = interactionOf(row);
    const instructions = systemInstructions?.length ? [{ role: 'system', parts: systemInstructions }] : [];
    const input = [...instructions, ...inputMessages];
    const prints = input.map(fingerprint);
    const known = commonLength(prints, history);
    const fresh = input
      .slice(known)
      .filter((message, index) => known > 0 || !isRepeated(prints[index], history, message));
    const hasUser = fresh.some(({ role }) => role === 'user');
    if (hasUser || turns.length === 0) turns.push({ messages: [], rows: [] });
    const turn = turns.at(-1);
    if (!turn) continue;
    turn.rows.push(row);
    const responses = responsesIn(input);
    answerCalls(turns, responses);
    for (const message of fresh)
      if (message.role !== 'tool') turn.messages.push({ ...shown(message), calls: callsOf(message) });
    for (const message of outputMessages)
      turn.messages.push({ ...shown(message), calls: callsOf(message, toolExecutions), row });
    if (outputMessages.length === 0) {
      const error = outcome?.status === 'error' ? (outcome.message ?? outcome.type) : undefined;
      turn.messages.push({ role: 'assistant', parts: [], calls: [], row, ...(error !== undefined && { error }) });
    }
    history = [...prints, ...outputMessages.map(fingerprint)];
  }
  return turns.map(({ messages, rows: own }, index) => ({
    number: index + 1,
    title: titleOf(messages),
    messages,
    rows: own,
  }));
}

interface Building {
  readonly messages: TranscriptMessage[];
  readonly rows: ConversationRow[];
}

function shown({ role, parts }: Message): { role: string; parts: readonly Part[] } {
  return { role, parts: parts.filter(({ type }) => type !== 'tool_call' && type !== 'tool_call_response') };
}

function callsOf({ parts }: Message, executions: NonNullable<Interaction['toolExecutions']> = []): TranscriptCall[] {
  return parts.flatMap((part) => {
    if (part.type !== 'tool_call') return [];
    const ran = executions.find(({ id, name }) => (part.id === undefined ? name === part.name : id === part.id));
    return [
      {
        call: part,
        ...(ran?.result !== undefined && { response: ran.result }),
        ...(ran?.startTime !== undefined &&
          ran.endTime !== undefined && { duration: (ran.endTime - ran.startTime) / 1_000 }),
        ...(ran?.errorType !== undefined && { error: ran.errorType }),
      },
    ];
  });
}

/** Answers of tools by call id. */
function responsesIn(messages: readonly Message[]): Map<string, unknown> {
  const responses = new Map<string, unknown>();
  for (const { parts } of messages) {
    for (const part of parts) if (part.type === 'tool_call_response' && part.id) responses.set(part.id, part.response);
  }
  return responses;
}

/** The last open call of an id gets the answer: servers exist that use an id again in the next turn. */
function answerCalls(turns: readonly Building[], responses: ReadonlyMap<string, unknown>): void {
  for (const { messages } of turns) {
    messages.forEach((message, index) => {
      if (!message.calls.some(({ call, response }) => response === undefined && call.id && responses.has(call.id)))
        return;
      const calls = message.calls.map((each) => {
        const id = each.call.id ?? '';
        return each.response === undefined && responses.has(id) ? { ...each, response: responses.get(id) } : each;
      });
      messages[index] = { ...message, calls };
    });
  }
}

/** What a message says, without ids and reasons that only its answer has. */
function fingerprint({ role, parts }: Message): string {
  return JSON.stringify([
    role,
    parts.map((part) => {
      if (part.type === 'tool_call') return [part.type, part.name, part.arguments];
      if (part.type === 'tool_call_response') return [part.type, part.response];
      return 'content' in part ? [part.type, part.content] : part;
    }),
  ]);
}

function commonLength(one: readonly string[], other: readonly string[]): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return length;
}

/** System messages and answers that a request of another history repeats. */
function isRepeated(print: string | undefined, history: readonly string[], { role }: Message): boolean {
  return role !== 'user' && print !== undefined && history.includes(print);
}

const TITLE = 80;

function titleOf(messages: readonly TranscriptMessage[]): string {
  const message = messages.find(({ role }) => role === 'user') ?? messages[0];
  const text = message?.parts.flatMap((part) => (part.type === 'text' ? [part.content] : [])).join(' ') ?? '';
  return text.replace(/\s+/g, ' ').trim().slice(0, TITLE);
}
