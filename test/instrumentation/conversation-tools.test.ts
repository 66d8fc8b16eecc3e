import type OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import type { Content } from '../../src/interaction/interaction.ts';
import { model, openScene, weather } from './scene.ts';

type Request = OpenAI.ChatCompletionCreateParamsNonStreaming;

const secret = `sk-${'a1'.repeat(20)}`;

/** A conversation in which a tool was called, and the tool. */
function conversation(): Request {
  return {
    model,
    messages: [
      { role: 'system', content: 'Answer briefly' },
      { role: 'user', content: 'How warm is it in Paris?' },
      { role: 'assistant', content: null, tool_calls: [callOf('{"city":"Paris"}')] },
      { role: 'tool', tool_call_id: 'call_1', content: '21 degrees' },
      { role: 'user', content: 'And in Rome?' },
    ],
    tools: [structuredClone(weather)],
  };
}

function callOf(args: string): OpenAI.ChatCompletionMessageToolCall {
  return { id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: args } };
}

/** What is recorded of two requests with the same objects, that of the second one changed by `change`. */
async function recordedTwice(
  change: (request: Request, first: Content) => void,
): Promise<readonly [first: Content, second: Content]> {
  const request = conversation();
  const scene = await openScene();
  await scene.client.chat.completions.create(request);
  const first = scene.content();
  const before = structuredClone(first);
  change(request, first);
  const second = await openScene();
  await second.client.chat.completions.create(request);
  return [before, second.content()];
}

function inputOf({ inputMessages }: Content, index: number): unknown {
  return inputMessages?.[index]?.parts[0];
}

const paris = { type: 'tool_call', id: 'call_1', name: 'get_weather', arguments: { city: 'Paris' } };
const degrees = { type: 'tool_call_response', id: 'call_1', response: '21 degrees' };

describe('a conversation that sends the same tools and tool messages again', () => {
  it('is recorded the same', async () => {
    const [first, second] = await recordedTwice(() => {});
    expect(first.inputMessages).toHaveLength(5);
    expect([inputOf(first, 2), inputOf(first, 3)]).toEqual([paris, degrees]);
    expect(first.toolDefinitions).toEqual([{ type: 'function', ...weather.function }]);
    expect(second.inputMessages).toEqual(first.inputMessages);
    expect(second.toolDefinitions).toEqual(first.toolDefinitions);
  });

  it('reads nothing again that is the same', async () => {
    let firstCall: unknown;
    let firstTool: unknown;
    const request = conversation();
    for (const isFirst of [true, false]) {
      const scene = await openScene();
      await scene.client.chat.completions.create(request);
      const { inputMessages = [], toolDefinitions = [] } = scene.content();
      if (isFirst) [firstCall, firstTool] = [inputMessages[2], toolDefinitions[0]];
      else expect([inputMessages[2] === firstCall, toolDefinitions[0] === firstTool]).toEqual([true, true]);
    }
  });

  it.each<[string, (request: Request) => void, (content: Content) => unknown, unknown]>([
    [
      'arguments of a call',
      ({ messages }) => Object.assign(messages[2] ?? {}, { tool_calls: [callOf('{"city":"Lyon"}')] }),
      (content) => inputOf(content, 2),
      { ...paris, arguments: { city: 'Lyon' } },
    ],
    [
      'arguments of a call, deep inside',
      ({ messages }) => {
        const { tool_calls: [call] = [] } = messages[2] as { tool_calls?: { function: { arguments: string } }[] };
        Object.assign(call?.function ?? {}, { arguments: '{"city":"Lyon"}' });
      },
      (content) => inputOf(content, 2),
      { ...paris, arguments: { city: 'Lyon' } },
    ],
    [
      'the answer of a tool',
      ({ messages }) => Object.assign(messages[3] ?? {}, { content: '22 degrees' }),
      (content) => inputOf(content, 3),
      { ...degrees, response: '22 degrees' },
    ],
    [
      'a name that was added to a message',
      ({ messages }) => Object.assign(messages[3] ?? {}, { name: 'get_weather' }),
      ({ inputMessages }) => inputMessages?.[3]?.name,
      'get_weather',
    ],
    [
      'a field that was removed from a message',
      ({ messages }) => delete (messages[3] as { tool_call_id?: string }).tool_call_id,
      (content) => inputOf(content, 3),
      { type: 'tool_call_response', response: '21 degrees' },
    ],
    [
      'the schema of a tool',
      ({ tools: [tool] = [] }) => {
        const { properties } = (tool as typeof weather).function.parameters;
        Object.assign(properties.city, { description: 'Its name' });
      },
      ({ toolDefinitions: [tool] = [] }) => tool?.parameters,
      { type: 'object', properties: { city: { type: 'string', description: 'Its name' } } },
    ],
    [
      'a tool that was removed',
      (request) => void request.tools?.pop(),
      (content) => content.toolDefinitions,
      undefined,
    ],
    [
      'a secret that was added',
      ({ messages }) => Object.assign(messages[3] ?? {}, { content: `key ${secret}` }),
      (content) => inputOf(content, 3),
      { ...degrees, response: 'key sk-[masked]' },
    ],
  ])('is recorded with what was changed in place: %s', async (_, change, read, expected) => {
    const [first, second] = await recordedTwice(change);
    expect(read(first)).not.toEqual(expected);
    expect(read(second)).toEqual(expected);
  });

  it.each<[string, (content: Content) => void]>([
    [
      'the arguments of a call',
      (content) => Object.assign((inputOf(content, 2) as typeof paris).arguments, { city: '' }),
    ],
    ['the answer of a tool', (content) => Object.assign(inputOf(content, 3) as object, { response: '' })],
    ['the name of a tool', ({ toolDefinitions: [tool] = [] }) => Object.assign(tool ?? {}, { name: '' })],
    ['the schema of a tool', ({ toolDefinitions: [tool] = [] }) => Object.assign(tool?.parameters ?? {}, { type: '' })],
    ['the list of tools', ({ toolDefinitions }) => (toolDefinitions as unknown[]).pop()],
  ])('is not changed by a consumer that changes what it received of an earlier request: %s', async (_, change) => {
    const [before, second] = await recordedTwice((__, first) => change(first));
    expect(second.inputMessages).toEqual(before.inputMessages);
    expect(second.toolDefinitions).toEqual(before.toolDefinitions);
  });
});
