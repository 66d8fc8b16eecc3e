import { describe, expect, it } from 'vitest';
import { snapshotMessages } from '../../src/instrumentation/openai/readers/message-snapshot.ts';
import type { Message } from '../../src/interaction/message.ts';
import { model, openScene } from './scene.ts';

interface Said {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/** A conversation of five messages. */
const conversation = (): Said[] => [
  { role: 'system', content: 'Answer briefly' },
  { role: 'user', content: 'One' },
  { role: 'assistant', content: 'Two' },
  { role: 'user', content: 'Three' },
  { role: 'assistant', content: 'Four' },
];

/** Sends the same list, changed in between, and returns the texts of each request as they were recorded. */
async function recorded(change: (messages: Said[]) => void, capture = {}): Promise<readonly (readonly string[])[]> {
  const messages = conversation();
  const scene = await openScene({ capture });
  const seen: (readonly string[])[] = [];
  await scene.client.chat.completions.create({ model, messages });
  seen.push(textsOf(scene.content().inputMessages));
  change(messages);
  const second = await openScene({ capture });
  await second.client.chat.completions.create({ model, messages });
  seen.push(textsOf(second.content().inputMessages));
  return seen;
}

function textsOf(messages: readonly Message[] = []): readonly string[] {
  return messages.map(({ role, parts }) => `${role}: ${parts.map((part) => (part as { content?: string }).content)}`);
}

const first = ['system: Answer briefly', 'user: One', 'assistant: Two', 'user: Three', 'assistant: Four'];

describe('a conversation that sends the same message objects again', () => {
  it('is recorded with what was added', async () => {
    const grown = await recorded((messages) => void messages.push({ role: 'user', content: 'Five' }));
    expect(grown).toEqual([first, [...first, 'user: Five']]);
  });

  it('is recorded with what was changed in place', async () => {
    const changed = await recorded(([, message]) => void Object.assign(message ?? {}, { content: 'Uno' }));
    expect(changed).toEqual([first, first.with(1, 'user: Uno')]);
  });

  it('is recorded with a role that was changed in place', async () => {
    const changed = await recorded(([, message]) => void Object.assign(message ?? {}, { role: 'assistant' }));
    expect(changed).toEqual([first, first.with(1, 'assistant: One')]);
  });

  it('is recorded with a field that was added in place', async () => {
    const messages = conversation();
    const scene = await openScene();
    await scene.client.chat.completions.create({ model, messages });
    expect(scene.content().inputMessages?.[1]).not.toHaveProperty('name');
    Object.assign(messages[1] ?? {}, { name: 'ada' });
    const second = await openScene();
    await second.client.chat.completions.create({ model, messages });
    expect(second.content().inputMessages?.[1]).toHaveProperty('name', 'ada');
  });

  it('is recorded without what was removed', async () => {
    const shortened = await recorded((messages) => void messages.splice(2, 1));
    expect(shortened).toEqual([first, first.toSpliced(2, 1)]);
  });

  it('has secrets masked in every request', async () => {
    const secret = `sk-${'a1'.repeat(20)}`;
    const masked = await recorded((messages) => {
      messages.push({ role: 'user', content: `My key is ${secret}` });
    });
    expect(masked[1]).toEqual([...first, 'user: My key is sk-[masked]']);
  });

  it('has an own mask applied to every request', async () => {
    const words = { now: 'Two' };
    const mask = (text: string): string => text.replaceAll(words.now, '*');
    const masked = await recorded(
      () => {
        words.now = 'Three';
      },
      { mask },
    );
    expect(masked).toEqual([first.with(2, 'assistant: *'), first.with(3, 'user: *')]);
  });
});

describe('a snapshot of messages', () => {
  it('makes nothing anew of messages that are the same', () => {
    const messages = conversation();
    const before = snapshotMessages(messages);
    messages.push({ role: 'user', content: 'Five' });
    const after = snapshotMessages(messages);
    expect(after.slice(0, 5).every((message, index) => message === before[index])).toBe(true);
    expect(after).toHaveLength(6);
  });

  it('keeps two conversations apart that begin with the same message', () => {
    const system = { role: 'system', content: 'Answer briefly' };
    const [one, other] = ['One', 'Two'].map((content) => [
      system,
      ...conversation().slice(2),
      { role: 'user', content },
    ]);
    for (let round = 0; round < 2; round += 1) {
      expect(textsOf(snapshotMessages(one) as Message[]).at(-1)).toBe('user: One');
      expect(textsOf(snapshotMessages(other) as Message[]).at(-1)).toBe('user: Two');
    }
  });

  it('is not changed by a consumer that changes the message of an earlier one', () => {
    const messages = conversation();
    const [, message] = snapshotMessages(messages) as { parts: { content: string }[] }[];
    Object.assign(message?.parts[0] ?? {}, { content: 'changed' });
    expect(textsOf(snapshotMessages(messages) as Message[])).toEqual(first);
  });
});
