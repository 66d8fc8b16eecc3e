import { describe, expect, it } from 'vitest';
import { applyContentMode } from '../../src/exporter/content-policy.ts';
import type { Interaction } from '../../src/interaction/interaction.ts';

const secret = 'the plan for Sunday';

const interaction: Interaction = {
  id: 't:s',
  traceId: 't',
  spanId: 's',
  name: 'chat gpt-4o',
  operation: 'chat',
  startTime: 1,
  endTime: 2,
  systemInstructions: [{ type: 'text', content: secret }],
  inputMessages: [
    {
      role: 'user',
      parts: [
        { type: 'text', content: secret },
        { type: 'blob', modality: 'image', content: Buffer.from(secret).toString('base64') },
        { type: 'uri', modality: 'image', uri: `https://h/${secret}` },
        { type: 'file', modality: 'document', file_id: secret },
        { type: 'reasoning', content: secret },
        { type: 'refusal', content: secret },
        { type: 'compaction', id: 'c', content: secret },
        { type: 'server_tool_call', name: 'web_search', server_tool_call: { type: 'web_search', query: secret } },
        { type: 'server_tool_call_response', server_tool_call_response: { type: 'web_search', found: secret } },
      ],
      metadata: { note: secret },
    },
    { role: 'tool', parts: [{ type: 'tool_call_response', id: 'call_1', response: { text: secret } }] },
  ],
  outputMessages: [
    { role: 'assistant', parts: [{ type: 'tool_call', id: 'call_1', name: 'look_up', arguments: { q: secret } }] },
  ],
  toolDefinitions: [{ type: 'function', name: 'look_up', description: secret, parameters: { description: secret } }],
  toolExecutions: [{ name: 'look_up', arguments: { q: secret }, result: secret }],
  promptTemplate: secret,
  promptVariables: { day: secret },
  context: { docs: [secret] },
  expectedResponse: secret,
  usage: { inputTokens: 3 },
  outcome: { status: 'error', type: 'rate_limit_exceeded', message: secret, httpStatus: 429 },
};

describe('what a destination may have of what was said', () => {
  it('is all of it', () => {
    expect(applyContentMode(interaction, 'full')).toBe(interaction);
  });

  it.each(['redacted', 'none'] as const)('%s: holds no text at all', (mode) => {
    const text = JSON.stringify(applyContentMode(interaction, mode));
    expect(text).not.toContain(secret);
    expect(text).not.toContain(Buffer.from(secret).toString('base64'));
  });

  it('redacted: keeps roles, kinds, tool names, ids and lengths', () => {
    const { inputMessages, outputMessages, toolDefinitions, promptVariables } = applyContentMode(
      interaction,
      'redacted',
    );
    expect(inputMessages?.map(({ role, parts }) => [role, parts.map(({ type }) => type)])).toEqual(
      interaction.inputMessages?.map(({ role, parts }) => [role, parts.map(({ type }) => type)]),
    );
    expect(inputMessages?.[0]?.parts[0]).toEqual({ type: 'text', content: '[redacted]', length: secret.length });
    expect(outputMessages?.[0]?.parts[0]).toEqual({
      type: 'tool_call',
      id: 'call_1',
      name: 'look_up',
      arguments: '[redacted]',
    });
    expect(toolDefinitions).toEqual([{ type: 'function', name: 'look_up' }]);
    expect(promptVariables).toEqual({ day: '[redacted]' });
  });

  it.each(['redacted', 'none'] as const)('%s: keeps all facts that are no content', (mode) => {
    expect(applyContentMode(interaction, mode)).toMatchObject({
      usage: { inputTokens: 3 },
      outcome: { status: 'error', type: 'rate_limit_exceeded', httpStatus: 429 },
    });
  });

  it('leaves its input as it was', () => {
    const before = structuredClone(interaction);
    applyContentMode(interaction, 'redacted');
    applyContentMode(interaction, 'none');
    expect(interaction).toEqual(before);
  });
});
