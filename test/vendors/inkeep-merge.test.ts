import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Interaction } from '../../src/interaction/interaction.ts';
import type { Message } from '../../src/interaction/message.ts';
import { MAX_BYTES, MAX_MESSAGES } from '../../src/vendors/inkeep/bounds.ts';
import { encode } from '../../src/vendors/inkeep/encode.ts';
import { merge } from '../../src/vendors/inkeep/merge.ts';
import type { InkeepConversation, InkeepMessage, InkeepPayload } from '../../src/vendors/inkeep/payload.ts';

const START = Date.parse('2025-11-13T02:13:20.000Z');

const say = (role: Message['role'], content: string, id?: string): Message => ({
  role,
  parts: [{ type: 'text', content }],
  ...(id !== undefined && { id }),
});

let calls = 0;
/** One call in conversation `c`; each starts a second after the one before. */
function call(inputMessages: readonly Message[], answer: Message, more: Partial<Interaction> = {}): Interaction {
  calls += 1;
  const spanId = calls.toString(16).padStart(16, '0');
  const startTime = START + calls * 1_000;
  return {
    id: `${'a'.repeat(32)}:${spanId}`,
    traceId: 'a'.repeat(32),
    spanId,
    name: 'chat m',
    operation: 'chat',
    api: 'chat_completions',
    conversationId: 'c',
    inputMessages,
    outputMessages: [answer],
    startTime,
    endTime: startTime + 500,
    outcome: { status: 'ok' },
    ...more,
  };
}

const run = (input: readonly Message[], answer: Message): Interaction =>
  call(input, answer, { operation: 'invoke_agent', api: 'assistants' });

function payloadOf(interaction: Interaction): InkeepPayload {
  const [record] = encode(interaction);
  if (!record) throw new Error('no record');
  return record.payload;
}

function bodyOf(payload: InkeepPayload | undefined): InkeepConversation {
  if (payload?.path !== '/conversations' || payload.body.type !== 'openai') throw new Error('no conversation');
  return payload.body;
}

function fold(interactions: readonly Interaction[], delivered?: InkeepPayload): InkeepPayload {
  let merged = delivered;
  for (const interaction of interactions) merged = merge(merged, payloadOf(interaction));
  if (!merged) throw new Error('nothing to fold');
  return merged;
}

const texts = (payload: InkeepPayload): unknown[] => bodyOf(payload).messages.map(({ content }) => content);
const idsOf = (payload: InkeepPayload): unknown[] => bodyOf(payload).messages.map(({ id }) => id);

describe('a conversation of chat completions', () => {
  it('grows by what each call adds to its history', () => {
    const payload = fold([
      call([say('system', 's'), say('user', 'u1')], say('assistant', 'a1')),
      call([say('system', 's'), say('user', 'u1'), say('assistant', 'a1'), say('user', 'u2')], say('assistant', 'a2')),
    ]);
    expect(texts(payload)).toEqual(['s', 'u1', 'a1', 'u2', 'a2']);
    expect(bodyOf(payload).messages.map(({ properties }) => properties?.['span_id'] !== undefined)).toEqual([
      false,
      false,
      true,
      false,
      true,
    ]);
  });

  it('keeps what an application cuts from its history', () => {
    const payload = fold([
      call([say('user', 'u1')], say('assistant', 'a1')),
      call([say('user', 'u1'), say('assistant', 'a1'), say('user', 'u2')], say('assistant', 'a2')),
      call([say('assistant', 'a2'), say('user', 'u3')], say('assistant', 'a3')),
    ]);
    expect(texts(payload)).toEqual(['u1', 'a1', 'u2', 'a2', 'u3', 'a3']);
  });

  it('tells the same words of two turns apart, with an id each', () => {
    const window = [say('user', 'yes'), say('assistant', 'a2')];
    const payload = fold([
      call([say('user', 'yes')], say('assistant', 'a1')),
      call([say('user', 'yes'), say('assistant', 'a1'), say('user', 'yes')], say('assistant', 'a2')),
      call([...window, say('user', 'yes')], say('assistant', 'a3')),
    ]);
    expect(texts(payload)).toEqual(['yes', 'a1', 'yes', 'a2', 'yes', 'a3']);
    expect(new Set(idsOf(payload)).size).toBe(6);
  });

  it('puts what was missed before what is known', () => {
    const payload = fold([
      call([say('user', 'u2')], say('assistant', 'a2')),
      call(
        [say('user', 'u1'), say('assistant', 'a1'), say('user', 'u2'), say('assistant', 'a2'), say('user', 'u3')],
        say('assistant', 'a3'),
      ),
    ]);
    expect(texts(payload)).toEqual(['u1', 'a1', 'u2', 'a2', 'u3', 'a3']);
  });

  it('keeps both answers when a question is asked again', () => {
    const again = [call([say('user', 'u')], say('assistant', 'a')), call([say('user', 'u')], say('assistant', 'a'))];
    expect(texts(fold(again))).toEqual(['u', 'a', 'a']);
  });

  it('lets no older view undo what a newer one said', () => {
    const older = call([say('user', 'u1')], say('assistant', 'a1'), { environment: 'test' });
    const newer = call([say('user', 'u1'), say('assistant', 'a1'), say('user', 'u2')], say('assistant', 'a2'), {
      environment: 'live',
    });
    const inOrder = fold([older, newer]);
    expect(fold([older], inOrder)).toEqual(inOrder);
    expect(bodyOf(fold([newer, older])).properties).toEqual({ environment: 'live' });
    expect(texts(fold([newer, older]))).toEqual(['u1', 'a1', 'u2', 'a2']);
  });
});

describe('a conversation of runs', () => {
  it('is made of what each run brings', () => {
    const payload = fold([
      run([say('user', 'yes', 'msg_1')], say('assistant', 'a', 'msg_2')),
      run([say('user', 'yes', 'msg_3')], say('assistant', 'a', 'msg_4')),
    ]);
    expect(idsOf(payload)).toEqual(['msg_1', 'msg_2', 'msg_3', 'msg_4']);
  });

  it('takes the same words for new ones also where they have no id', () => {
    const payload = fold([
      run([say('user', 'yes')], say('assistant', 'a')),
      run([say('user', 'yes')], say('assistant', 'a')),
    ]);
    expect(texts(payload)).toEqual(['yes', 'a', 'yes', 'a']);
    expect(new Set(idsOf(payload)).size).toBe(4);
  });

  it('says the instructions once', () => {
    const instructions = { systemInstructions: [{ type: 'text', content: 's' }] } as const;
    const payload = fold([
      { ...run([say('user', 'u1', 'msg_1')], say('assistant', 'a1', 'msg_2')), ...instructions },
      { ...run([say('user', 'u2', 'msg_3')], say('assistant', 'a2', 'msg_4')), ...instructions },
    ]);
    expect(texts(payload)).toEqual(['s', 'u1', 'a1', 'u2', 'a2']);
  });
});

describe('the limits of a conversation', () => {
  const long = (count: number, text: string): InkeepPayload => ({
    path: '/conversations',
    body: {
      id: 'c',
      type: 'openai',
      messages: Array.from({ length: count }, (_, n): InkeepMessage => ({ id: `m${n}`, role: 'user', content: text })),
    },
  });

  it('keeps the newest 2,000 messages', () => {
    const payload = merge(long(MAX_MESSAGES, 'x'), payloadOf(call([], say('assistant', 'new'))));
    expect(bodyOf(payload).messages).toHaveLength(MAX_MESSAGES);
    expect(bodyOf(payload).messages[0]?.id).toBe('m1');
    expect(texts(payload).at(-1)).toBe('new');
  });

  it('keeps the newest messages of 1 MiB', () => {
    const payload = merge(undefined, long(300, 'ü'.repeat(5_000)));
    expect(Buffer.byteLength(JSON.stringify(payload))).toBeLessThanOrEqual(MAX_BYTES);
    expect(Buffer.byteLength(JSON.stringify(payload))).toBeGreaterThan(MAX_BYTES - 20_000);
    expect(bodyOf(payload).messages.at(-1)?.id).toBe('m299');
  });

  it('bounds one view already, by which delivery takes it', () => {
    const history = Array.from({ length: 10_000 }, (_, n) => say('user', `${n} ${'x'.repeat(500)}`));
    const payload = payloadOf(call(history, say('assistant', 'new')));
    expect(Buffer.byteLength(JSON.stringify(payload))).toBeLessThanOrEqual(MAX_BYTES);
    expect(texts(payload).at(-1)).toBe('new');
  });

  it('finds a message again that was cut to its own limit', () => {
    const huge = 'x'.repeat(5_000_000);
    const payload = fold([
      call([say('user', huge)], say('assistant', 'a1')),
      call([say('user', huge), say('assistant', 'a1'), say('user', 'u2')], say('assistant', 'a2')),
    ]);
    expect(bodyOf(payload).messages).toHaveLength(4);
    expect(Buffer.byteLength(JSON.stringify(payload))).toBeLessThan(MAX_BYTES);
  });
});

it('leaves verdicts and events as they are', () => {
  const verdict: InkeepPayload = { path: '/feedback', body: { type: 'positive', messageId: 'm' } };
  expect(merge(payloadOf(call([], say('assistant', 'a'))), verdict)).toEqual(verdict);
});

describe('laws', () => {
  const word = fc.constantFrom('yes', 'no', 'ok', '');
  // What a provider gave an id does not change any more.
  const kept = { msg_A: say('user', 'yes', 'msg_A'), msg_B: say('assistant', 'no', 'msg_B') };
  const message = fc.oneof(
    fc
      .record({ role: fc.constantFrom('user', 'assistant', 'system'), text: word })
      .map(({ role, text }) => say(role, text)),
    fc.constantFrom(kept.msg_A, kept.msg_B),
  );
  const view = fc
    .record({
      // One view holds what a provider gave an id once.
      input: fc.uniqueArray(message, { maxLength: 6, selector: ({ id }) => id ?? {} }),
      answer: word,
      kind: fc.constantFrom<'chat' | 'run'>('chat', 'run'),
      environment: fc.constantFrom('a', 'b'),
    })
    .map(({ input, answer, kind, environment }) => ({
      ...(kind === 'chat' ? call : run)(input, say('assistant', answer)),
      environment,
    }));
  const views = fc.array(view, { minLength: 1, maxLength: 5 });

  it('a resend changes nothing', () => {
    fc.assert(
      fc.property(views, fc.nat(), (interactions, which) => {
        const merged = fold(interactions);
        const resent = interactions[which % interactions.length];
        expect(resent && fold([resent], merged)).toEqual(merged);
      }),
    );
  });

  it('known messages keep their order and their ids', () => {
    fc.assert(
      fc.property(views, view, (interactions, next) => {
        const known = fold(interactions);
        const ids = idsOf(fold([next], known));
        expect(ids.filter((id) => idsOf(known).includes(id))).toEqual(idsOf(known));
        expect(new Set(ids).size).toBe(ids.length);
      }),
    );
  });

  it('nothing that a call was given or gave is missing', () => {
    fc.assert(
      fc.property(views, (interactions) => {
        const all = new Set(texts(fold(interactions)));
        const answers = bodyOf(fold(interactions)).messages.map(({ properties }) => properties?.['span_id']);
        for (const { inputMessages = [], spanId } of interactions) {
          expect(answers).toContain(spanId);
          for (const { parts, id } of inputMessages)
            if (id === undefined) expect(all).toContain(parts[0]?.type === 'text' ? parts[0].content : '');
        }
      }),
    );
  });
});
