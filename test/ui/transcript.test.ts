import { describe, expect, it } from 'vitest';
import type { Interaction } from '../../src/interaction/interaction.ts';
import type { Message, OutputMessage, Part } from '../../src/interaction/message.ts';
import { type ConversationRow, transcriptOf } from '../../src/ui/views/transcript.ts';

function row(id: string, interaction: Partial<Interaction>): ConversationRow {
  return { id, status: 'ok', interaction } as unknown as ConversationRow;
}
const text = (role: string, content: string): OutputMessage => ({ role, parts: [{ type: 'text', content }] });
const asks = (id: string, name: string): OutputMessage => ({
  role: 'assistant',
  parts: [{ type: 'tool_call', id, name, arguments: { city: 'Lisbon' } }],
});
const answers = (id: string, response: unknown): Message => ({
  role: 'tool',
  parts: [{ type: 'tool_call_response', id, response }],
});
const words = (parts: readonly Part[]): string =>
  parts.map((part) => ('content' in part ? part.content : part.type)).join();
const shape = (turns: ReturnType<typeof transcriptOf>) =>
  turns.map(({ title, messages, rows }) => ({
    title,
    rows: rows.map(({ id }) => id),
    messages: messages.map(
      ({ role, parts, calls }) =>
        `${role}: ${words(parts)}${calls.map(({ call, response }) => `${call.name} -> ${JSON.stringify(response)}`).join()}`,
    ),
  }));

describe('the transcript of a conversation', () => {
  const system = text('system', 'Be brief.');
  const question = text('user', 'Umbrella?');

  it('shows each message once, though every request repeats the history', () => {
    const turns = transcriptOf([
      row('1', { inputMessages: [system, question], outputMessages: [text('assistant', 'Yes.')] }),
      row('2', {
        inputMessages: [system, question, text('assistant', 'Yes.'), text('user', 'And Porto?')],
        outputMessages: [text('assistant', 'No.')],
      }),
    ]);
    expect(shape(turns)).toEqual([
      { title: 'Umbrella?', rows: ['1'], messages: ['system: Be brief.', 'user: Umbrella?', 'assistant: Yes.'] },
      { title: 'And Porto?', rows: ['2'], messages: ['user: And Porto?', 'assistant: No.'] },
    ]);
  });

  it('puts what a tool answered beside the call, and the request that brought it into the same turn', () => {
    const turns = transcriptOf([
      row('1', { inputMessages: [question], outputMessages: [asks('call_0', 'get_weather')] }),
      row('2', {
        inputMessages: [question, asks('call_0', 'get_weather'), answers('call_0', '{"rain":80}')],
        outputMessages: [text('assistant', 'Yes.')],
      }),
    ]);
    expect(shape(turns)).toEqual([
      {
        title: 'Umbrella?',
        rows: ['1', '2'],
        messages: ['user: Umbrella?', 'assistant: get_weather -> "{\\"rain\\":80}"', 'assistant: Yes.'],
      },
    ]);
  });

  it('shows no result where the application sent none', () => {
    const [turn] = transcriptOf([row('1', { inputMessages: [question], outputMessages: [asks('a', 'get_weather')] })]);
    expect(turn?.messages.at(-1)?.calls[0]?.response).toBeUndefined();
  });

  it('shows an error in the place of the answer', () => {
    const [turn] = transcriptOf([
      row('1', { inputMessages: [question], outcome: { status: 'error', type: '429', message: 'slow down' } }),
    ]);
    expect(turn?.messages.at(-1)).toMatchObject({ role: 'assistant', error: 'slow down' });
  });

  it('keeps instructions of the Responses API and the same words sent twice', () => {
    const turns = transcriptOf([
      row('1', {
        systemInstructions: [{ type: 'text', content: 'Be brief.' }],
        inputMessages: [question],
        outputMessages: [text('assistant', 'Yes.')],
      }),
      row('2', {
        systemInstructions: [{ type: 'text', content: 'Be brief.' }],
        inputMessages: [question],
        outputMessages: [text('assistant', 'Still yes.')],
      }),
    ]);
    expect(turns.flatMap(({ messages }) => messages).filter(({ role }) => role === 'assistant')).toHaveLength(2);
    expect(turns.flatMap(({ messages }) => messages).filter(({ role }) => role === 'system')).toHaveLength(1);
  });

  it('shows that a title was cut', () => {
    const [turn] = transcriptOf([row('1', { inputMessages: [text('user', 'seven '.repeat(20))] })]);
    expect(turn?.title).toBe(`${'seven '.repeat(13)}s…`);
  });

  it('holds a conversation without words', () => {
    expect(transcriptOf([row('1', {})])).toMatchObject([
      { number: 1, title: '', messages: [{ role: 'assistant', parts: [] }] },
    ]);
    expect(transcriptOf([])).toEqual([]);
  });
});
