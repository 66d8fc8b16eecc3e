import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerFromOpenAI, openAICompletionFrom } from '../../../src/formats/openai/completion.ts';
import {
  decodeMessage,
  encodeAnswer,
  inputFromOpenAI,
  type OpenAIMessage,
  openAIMessagesFrom,
} from '../../../src/formats/openai/messages.ts';
import {
  openAIRequestFrom,
  openAIToolsFrom,
  requestFromOpenAI,
  toolsFromOpenAI,
} from '../../../src/formats/openai/request.ts';
import { toJson } from '../../../src/interaction/json.ts';
import type { Message, Part } from '../../../src/interaction/message.ts';
import { fullInteraction } from '../../../src/testing/sample-interactions.ts';
import { anyInteraction } from '../../support/any-interaction.ts';

const user = (...parts: Part[]): Message => ({ role: 'user', parts });
const assistant = (...parts: Part[]): Message => ({ role: 'assistant', parts });
const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{"a":1}' } } as const;

/** Both ways. */
const pairs: readonly [string, readonly Message[], readonly OpenAIMessage[]][] = [
  ['a text', [user({ type: 'text', content: 'Hi' })], [{ role: 'user', content: 'Hi' }]],
  [
    'a name',
    [{ role: 'user', name: 'jane', parts: [{ type: 'text', content: 'Hi' }] }],
    [{ role: 'user', content: 'Hi', name: 'jane' }],
  ],
  [
    'a tool call and its answer',
    [
      assistant({ type: 'tool_call', id: 'c', name: 'f', arguments: { a: 1 } }),
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c', response: '2' }] },
    ],
    [
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', content: '2', tool_call_id: 'c' },
    ],
  ],
  [
    'a thought, a refusal',
    [assistant({ type: 'reasoning', content: 'Hm.' }, { type: 'refusal', content: 'No.' })],
    [{ role: 'assistant', content: null, reasoning_content: 'Hm.', refusal: 'No.' }],
  ],
  ...((
    [
      [
        { type: 'uri', modality: 'image', uri: 'https://x/y.png' },
        { type: 'image_url', image_url: { url: 'https://x/y.png' } },
      ],
      [
        { type: 'uri', modality: 'video', uri: 'https://x/y.mp4' },
        { type: 'video_url', video_url: { url: 'https://x/y.mp4' } },
      ],
      [
        { type: 'uri', modality: 'document', uri: 'https://x/y' },
        { type: 'file', file: { file_url: 'https://x/y' } },
      ],
      [
        { type: 'blob', modality: 'image', mime_type: 'image/png', content: 'AA==' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
      ],
      [
        { type: 'blob', modality: 'audio', mime_type: 'audio/mp3', content: 'AA==' },
        { type: 'input_audio', input_audio: { data: 'AA==', format: 'mp3' } },
      ],
      [
        { type: 'blob', modality: 'document', mime_type: 'application/pdf', content: 'AA==' },
        { type: 'file', file: { file_data: 'data:application/pdf;base64,AA==' } },
      ],
      [
        { type: 'file', modality: 'document', file_id: 'f' },
        { type: 'file', file: { file_id: 'f' } },
      ],
      [
        { type: 'file', modality: 'image', file_id: 'f' },
        { type: 'image_file', image_file: { file_id: 'f' } },
      ],
      [
        { type: 'compaction', content: 'short' },
        { type: 'compaction', content: 'short' },
      ],
    ] as const
  ).map(
    ([part, wire]) =>
      [
        `a ${part.type} (${'modality' in part ? part.modality : 'any'})`,
        [user(part)],
        [{ role: 'user', content: [wire] }],
      ] as const,
  ) as never[]),
];

describe('messages of OpenAI', () => {
  it.each(pairs)('have %s both ways', (_, inputMessages, wire) => {
    expect(openAIMessagesFrom({ inputMessages })).toEqual(wire);
    expect(inputFromOpenAI(wire)).toEqual({ inputMessages });
  });

  it('have the instructions at their head', () => {
    const interaction = {
      systemInstructions: [{ type: 'text', content: 'Be brief.' } as const],
      inputMessages: [user({ type: 'text', content: 'Hi' })],
    };
    const wire = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
    ];
    expect(openAIMessagesFrom(interaction)).toEqual(wire);
    expect(inputFromOpenAI(wire)).toEqual(interaction);
  });

  it('split a message that answers two calls', () => {
    const parts = ['a', 'b'].map((id) => ({ type: 'tool_call_response', id, response: { id } }) as const);
    expect(openAIMessagesFrom({ inputMessages: [{ role: 'tool', parts }] })).toEqual([
      { role: 'tool', content: '{"id":"a"}', tool_call_id: 'a' },
      { role: 'tool', content: '{"id":"b"}', tool_call_id: 'b' },
    ]);
  });

  it.each([
    ['a bare string', 'Hi', [user({ type: 'text', content: 'Hi' })]],
    ['strings', ['Hi'], [user({ type: 'text', content: 'Hi' })]],
    [
      'parts of Responses',
      [{ role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }],
      [user({ type: 'text', content: 'Hi' })],
    ],
    [
      'a former function call',
      [{ role: 'assistant', content: null, function_call: { name: 'f', arguments: '' } }],
      [assistant({ type: 'tool_call', name: 'f' })],
    ],
    [
      'arguments that do not parse',
      [{ role: 'assistant', tool_calls: [{ function: { name: 'f', arguments: '{a' } }] }],
      [assistant({ type: 'tool_call', name: 'f', arguments: '{a' })],
    ],
    ['no message at all', [7, null, {}], undefined],
  ])('are read from %s', (_, wire, inputMessages) => {
    expect(inputFromOpenAI(wire)).toEqual(inputMessages ? { inputMessages } : {});
  });

  it('are read again as they were written', () => {
    fc.assert(
      fc.property(anyInteraction, (interaction) => {
        const wire = openAIRequestFrom(toJson(interaction));
        expect(openAIRequestFrom({ ...interaction, ...emptied, ...requestFromOpenAI(wire) })).toEqual(wire);
      }),
    );
  });
});

/** The fields that a request holds, so that none is taken from the interaction it was made of. */
const emptied = {
  requestModel: '',
  systemInstructions: [],
  inputMessages: [],
  parameters: {},
  toolDefinitions: [],
  serviceTier: {},
};

describe('completions of OpenAI', () => {
  it('are rebuilt whole', () => {
    const completion = openAICompletionFrom({
      ...fullInteraction,
      usage: { inputTokens: 41, outputTokens: 9, cacheReadInputTokens: 32, reasoningOutputTokens: 4 },
      systemFingerprint: 'fp',
      serviceTier: { response: 'default' },
    });
    expect(completion).toEqual({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1763000001,
      model: 'gpt-4o-mini-2024-07-18',
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: expect.any(String) } }],
      usage: {
        prompt_tokens: 41,
        completion_tokens: 9,
        total_tokens: 50,
        prompt_tokens_details: { cached_tokens: 32 },
        completion_tokens_details: { reasoning_tokens: 4 },
      },
      service_tier: 'default',
      system_fingerprint: 'fp',
    });
    expect(answerFromOpenAI(completion)).toMatchObject({
      responseId: 'chatcmpl-1',
      usage: { cacheReadInputTokens: 32 },
    });
  });

  it('keep the finish reasons of choices whose content was dropped', () => {
    const { outputMessages: _, ...silent } = fullInteraction;
    expect(openAICompletionFrom({ ...silent, finishReasons: ['tool_call'] }).choices).toEqual([
      { index: 0, finish_reason: 'tool_calls', message: { role: 'assistant', content: null } },
    ]);
  });
});

describe('answers of OpenAI', () => {
  const searched = { type: 'server_tool_call', name: 'web_search', server_tool_call: { type: 'web_search' } } as const;

  it('say what was said in one text, and all else beside it', () => {
    const message = assistant(searched, { type: 'text', content: 'It ' }, { type: 'text', content: 'reopens.' });
    expect(encodeAnswer(message)).toEqual({ role: 'assistant', content: 'It reopens.', content_parts: [searched] });
    expect(decodeMessage(encodeAnswer(message))).toEqual(assistant(searched, { type: 'text', content: 'It reopens.' }));
    expect(encodeAnswer(assistant(searched))).toMatchObject({ content: null, content_parts: [searched] });
  });

  it('have a text or null for content, and are read again as they were written', () => {
    fc.assert(
      fc.property(anyInteraction, ({ outputMessages = [] }) => {
        for (const message of outputMessages) {
          const wire = encodeAnswer(toJson(message));
          expect(wire.content === null || typeof wire.content === 'string').toBe(true);
          const read = decodeMessage(wire);
          expect(read && encodeAnswer(read)).toEqual(wire);
        }
      }),
    );
  });
});

describe('tools of OpenAI', () => {
  const tools = [
    { type: 'function', name: 'f', description: 'does', parameters: { type: 'object' } },
    { type: 'web_search', name: 'web_search' },
    { type: 'mcp', name: 'shop' },
  ];

  it('are nested where they are functions, and read back', () => {
    const wire = openAIToolsFrom(tools);
    expect(wire).toEqual([
      { type: 'function', function: { name: 'f', description: 'does', parameters: { type: 'object' } } },
      { type: 'web_search' },
      { type: 'mcp', name: 'shop' },
    ]);
    expect(toolsFromOpenAI(wire)).toEqual(tools);
  });

  it('are read flat, as Responses has them', () => {
    expect(toolsFromOpenAI(tools)).toEqual(tools);
  });
});
