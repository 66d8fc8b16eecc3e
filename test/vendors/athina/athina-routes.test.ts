import { describe, expect, it } from 'vitest';
import type { Interaction } from '../../../src/interaction/interaction.ts';
import { athina } from '../../../src/vendors/athina/index.ts';
import { capturedBody } from '../../support/vendor-cases.ts';
import { harnessOf, keysOf, type RoutesHarness } from '../routes-harness.ts';

const path = '/api/v1/log/inference';
const log = (body: unknown, version = 'v1') => ({ method: 'POST', path: `/api/${version}/log/inference`, body });
const patch = (path: string, body: unknown) => ({ method: 'PATCH', path, body });
const full = capturedBody('athina-log-full') as Readonly<Record<string, unknown>>;
const minimal = capturedBody('athina-log-minimal');
const traceId = '0af7651916cd43dd8448eb211c80319c';

async function logged(body: unknown): Promise<{ readonly harness: RoutesHarness; readonly id: string }> {
  const harness = await harnessOf(athina);
  const answer = await harness.send(log(body));
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return { harness, id: (answer.body as { prompt_run_id: string }).prompt_run_id };
}

function only(harness: RoutesHarness): Interaction {
  expect(harness.store.all).toHaveLength(1);
  return harness.store.all[0] as Interaction;
}

describe('logging an inference', () => {
  it.each(['v1', 'v2'])('stores what athina-logger sent to %s', async (version) => {
    const harness = await harnessOf(athina);
    const answer = await harness.send(log(full, version));
    const { traceId, spanId } = only(harness);
    const id = `${traceId}-${spanId}`;
    expect(answer).toEqual({
      status: 200,
      body: { status: 'success', data: { prompt_run_id: id }, prompt_run_id: id },
    });
    expect(only(harness)).toMatchObject({
      operation: 'chat',
      requestModel: 'gpt-4o-mini',
      conversationId: 'thread_abc',
      externalReferenceId: 'msg_42',
      cost: { total: 0.00042, origin: 'client' },
      usage: { inputTokens: 31, outputTokens: 12 },
      endTime: 1763000000000,
      startTime: 1763000000000 - 812,
    });
  });

  it("drops LiteLLM's state with the provider's key, and keeps its feedback", async () => {
    const { harness } = await logged(capturedBody('athina-litellm-chat-metadata'));
    expect(JSON.stringify(harness.store.writes)).not.toContain('fake-provider-key');
    expect(only(harness)).toMatchObject({ provider: 'openai', conversationId: 's-lite', tags: ['a', 'b'] });
    expect([...harness.store.receivedFeedback.values()]).toEqual([
      { id: 'athina:ref-1', feedback: expect.objectContaining({ rating: 'positive', score: 1, answerId: 'ref-1' }) },
    ]);
  });

  it('takes the time of receipt for a record without one', async () => {
    const { harness } = await logged({ ...(minimal as object), response_time: 300 });
    expect(only(harness)).toMatchObject({ startTime: harness.now - 300, endTime: harness.now });
  });

  it('takes a repeated request once, and keeps two bodies with one reference', async () => {
    const { harness } = await logged(full);
    harness.now += 86_000_000;
    await harness.send(log(full));
    expect(harness.store.all).toHaveLength(1);
    await harness.send(log({ ...full, response: 'Nine to five.' }));
    expect(harness.store.all).toHaveLength(2);
  });

  it('takes equal bodies that name no id for one only when they come together', async () => {
    const { harness } = await logged(minimal);
    harness.now += 100;
    await harness.send(log(minimal));
    expect(harness.store.all).toHaveLength(1);
    harness.now += 60_000;
    await harness.send(log(minimal));
    expect(harness.store.all).toHaveLength(2);
  });

  it('takes a body that names no id for the same one at the edge of the time in which equal ones are', async () => {
    for (const before of [50, 999]) {
      const harness = await harnessOf(athina);
      harness.now -= before;
      await harness.send(log(minimal));
      harness.now += 100;
      await harness.send(log(minimal));
      await harness.send(log({ ...(minimal as object), response: 'other' }));
      expect(harness.store.all).toHaveLength(2);
    }
  });

  it('puts the messages of a run together, in any order of repeats', async () => {
    const run: Interaction = {
      id: 'run:api.openai.com:run_1',
      traceId,
      spanId: 'b7ad6b7169203331',
      name: 'invoke_agent desk',
      operation: 'invoke_agent',
      provider: 'openai',
      requestModel: 'gpt-4o',
      conversationId: 'thread_1',
      inputMessages: [{ role: 'user', parts: [{ type: 'text', content: 'Hi' }] }],
      outputMessages: [
        { role: 'assistant', id: 'msg_1', parts: [{ type: 'text', content: 'One moment.' }] },
        { role: 'assistant', id: 'msg_2', parts: [{ type: 'text', content: 'Hello.' }] },
      ],
      usage: { inputTokens: 10, outputTokens: 4 },
      startTime: 1763000000000,
      endTime: 1763000001000,
      outcome: { status: 'ok' },
    };
    const options = athina.resolveOptions({}, { ATHINA_API_KEY: 'k' });
    const bodies = athina.encode(run, options).map((record) => (record.payload as { body: unknown }).body);
    expect(bodies).toHaveLength(2);
    const harness = await harnessOf(athina);
    await Promise.all([...bodies, bodies[0], bodies[1]].map((body) => harness.send(log(body))));
    const { id, name, startTime, endTime, ...same } = run;
    expect(only(harness)).toMatchObject(same);
    expect(only(harness).outputMessages).toEqual(run.outputMessages);
    expect(endTime - startTime).toBe(only(harness).endTime - only(harness).startTime);
  });

  it.each<[string, unknown, string | undefined]>([
    ['no prompt', { language_model_id: 'm', response: 'r' }, 'prompt'],
    ['no model', { prompt: 'p', response: 'r' }, 'language_model_id'],
    ['a number for a response', { language_model_id: 'm', prompt: 'p', response: 7 }, 'response'],
    ['a message without a role', { ...full, prompt: [{ content: 'x' }] }, 'prompt.0.role'],
    ['tokens as text', { ...full, prompt_tokens: '31' }, 'prompt_tokens'],
    ['a tag that is a number', { ...full, tags: ['a', 7] }, 'tags.1'],
    ['a list', [], undefined],
    ['nothing', undefined, undefined],
  ])('refuses %s with 400, in the format that athina-logger reads', async (_, body, field) => {
    const harness = await harnessOf(athina);
    const answer = await harness.send(log(body));
    expect(answer).toEqual({
      status: 400,
      body: {
        error: expect.stringContaining(field ?? 'The body'),
        details: { message: expect.any(String), ...(field !== undefined && { field }) },
      },
    });
    expect(harness.store.writes).toEqual([]);
  });

  it('accepts the configured key alone', async () => {
    const harness = await harnessOf(athina, keysOf('k-1'));
    expect((await harness.send({ ...log(full), headers: { 'athina-api-key': 'k-1' } })).status).toBe(200);
    for (const headers of [{ 'athina-api-key': 'k-2' }, { authorization: 'Bearer k-1' }, {}]) {
      const answer = await harness.send({ ...log(full), headers });
      expect(answer).toMatchObject({ status: 401, body: { error: expect.stringContaining('athina-api-key') } });
    }
  });
});

describe('changing an inference', () => {
  const byReference = (reference: string) => `${path}/update-by-external-reference-id/${encodeURIComponent(reference)}`;

  it('changes the fields that are named and no others', async () => {
    const { harness, id } = await logged(full);
    const before = only(harness);
    const answer = await harness.send(
      patch(`${path}/${id}`, {
        expected_response: '10-18',
        customer_user_id: 42,
        custom_attributes: { shop: 'south' },
        completion_tokens: 13,
        response_time: 900,
        environment: null,
      }),
    );
    expect(answer).toMatchObject({ status: 200, body: { data: { prompt_run_id: id } } });
    expect(only(harness)).toEqual({
      ...before,
      expectedResponse: '10-18',
      user: { id: '42' },
      custom: { shop: 'south', tries: 2 },
      usage: { inputTokens: 31, outputTokens: 13 },
      endTime: before.startTime + 900,
    });
  });

  it('is not undone by a log that is sent again', async () => {
    const { harness } = await logged(full);
    const change = { method: 'PATCH', path: byReference('msg_42'), body: { response: 'Nine to five.', cost: 0.5 } };
    await harness.send(change);
    const expected = only(harness);
    await harness.send(log(full));
    expect(only(harness)).toEqual(expected);
    expect(expected).toMatchObject({ cost: { total: 0.5 } });
    expect(JSON.stringify(expected.outputMessages)).toContain('Nine to five.');
  });

  it('replaces the text of the answer beside its tool calls, and the model', async () => {
    const { harness } = await logged(full);
    await harness.send(patch(byReference('msg_42'), { response: 'Nine.', language_model_id: 'gpt-5' }));
    expect(only(harness)).toMatchObject({
      requestModel: 'gpt-5',
      name: 'chat gpt-5',
      outputMessages: [
        { role: 'assistant', parts: [{ type: 'text', content: 'Nine.' }, expect.objectContaining({ name: 'hours' })] },
      ],
    });
  });

  it('marks a failure', async () => {
    const { harness } = await logged(minimalWith('ref/1'));
    await harness.send(patch(byReference('ref/1'), { status_code: 500, error: 'down' }));
    expect(only(harness).outcome).toEqual({ status: 'error', type: '500', message: 'down', httpStatus: 500 });
  });

  it('keeps what Athina has no field for', async () => {
    const harness = await harnessOf(athina);
    const run: Interaction = {
      id: 'run:api.openai.com:run_1',
      traceId,
      spanId: 'b7ad6b7169203331',
      name: 'invoke_agent desk',
      operation: 'invoke_agent',
      conversationId: 'thread_1',
      agent: { id: 'asst_1' },
      run: { id: 'run_1', status: 'completed' },
      outputMessages: [
        { role: 'assistant', id: 'msg_1', createdAt: 7, parts: [{ type: 'text', content: 'One.' }] },
        { role: 'assistant', id: 'msg_2', createdAt: 8, parts: [{ type: 'text', content: 'Two.' }] },
      ],
      usage: { inputTokens: 10, outputTokens: 4, reasoningOutputTokens: 2 },
      startTime: 1763000000000.5,
      endTime: 1763000001000.25,
      outcome: { status: 'ok' },
    };
    await harness.store.write({ interactions: [run] });
    await harness.send(patch(byReference('msg_1'), { response: 'Uno.', context: { documents: ['d'] } }));
    expect(only(harness)).toEqual({
      ...run,
      context: { documents: ['d'] },
      outputMessages: [
        { role: 'assistant', id: 'msg_1', createdAt: 7, parts: [{ type: 'text', content: 'Uno.' }] },
        run.outputMessages?.[1],
      ],
    });
  });

  it.each([
    ['an unknown reference', byReference('nope'), {}, 404, 'external_reference_id'],
    ['an unknown id', `${path}/${'a'.repeat(32)}-${'b'.repeat(16)}`, {}, 404, 'prompt_run_id'],
    ['an id of another form', `${path}/7`, {}, 404, 'prompt_run_id'],
    ['a field of another type', byReference('msg_42'), { cost: 'much' }, 400, 'cost'],
  ])('refuses %s', async (_, path, body, status, field) => {
    const { harness } = await logged(full);
    const answer = await harness.send(patch(path, body));
    expect(answer).toMatchObject({ status, body: { details: { field } } });
    expect(harness.store.writes).toHaveLength(1);
  });
});

function minimalWith(reference: string): unknown {
  return { ...(minimal as object), external_reference_id: reference };
}

describe('feedback', () => {
  const send = (harness: RoutesHarness, body: unknown) => harness.send(patch('/api/v1/prompt_run/user-feedback', body));

  it('names the answer that it is about', async () => {
    const { harness, id } = await logged(full);
    const body = { external_reference_id: 'msg_42', user_feedback: -1, user_feedback_comment: 'wrong day' };
    expect(await send(harness, body)).toMatchObject({ status: 200, body: { data: { prompt_run_id: id } } });
    const { traceId, spanId } = only(harness);
    expect([...harness.store.receivedFeedback.values()]).toEqual([
      {
        id: 'athina:msg_42',
        feedback: {
          rating: 'negative',
          score: -1,
          comment: 'wrong day',
          answerId: 'msg_42',
          responseId: 'chatcmpl-x',
          conversationId: 'thread_abc',
          traceId,
          spanId,
          user: { id: 'u-9' },
          time: harness.now,
        },
        body,
      },
    ]);
  });

  it('is stored before its inference, and replaced by a later one', async () => {
    const harness = await harnessOf(athina);
    await send(harness, { external_reference_id: 7, user_feedback: 1 });
    await send(harness, { external_reference_id: '7', user_feedback: 0 });
    expect([...harness.store.receivedFeedback.values()]).toMatchObject([
      { id: 'athina:7', feedback: { rating: 'negative', score: 0, answerId: '7' } },
    ]);
  });

  it('is refused without a whole number', async () => {
    const harness = await harnessOf(athina);
    const answer = await send(harness, { external_reference_id: 'x', user_feedback: 0.5 });
    expect(answer).toMatchObject({ status: 400, body: { details: { field: 'user_feedback' } } });
  });
});

describe('traces', () => {
  const trace = {
    name: 'answer a question',
    start_time: '2025-11-13T02:13:20.000000+00:00',
    end_time: '2025-11-13T02:13:22.000000+00:00',
    duration: 2000,
    status: 'success',
    attributes: { shop: 'north', nested: { kept: 'as document' } },
    input: {},
    output: {},
    spans: [
      {
        name: 'find documents',
        span_type: 'retrieval',
        start_time: '2025-11-13T02:13:20.100000',
        duration: 300,
        status: 'Failed',
        input: { query: 'hours' },
        children: [
          {
            name: 'rewrite',
            span_type: 'generation',
            start_time: '2025-11-13T02:13:20.100000+00:00',
            end_time: '2025-11-13T02:13:20.200000+00:00',
            attributes: {
              language_model_id: 'gpt-4o-mini',
              prompt: 'hours?',
              response: 'opening hours',
              session_id: 's',
            },
          },
        ],
      },
    ],
  };

  it('become spans and interactions with one trace id', async () => {
    const harness = await harnessOf(athina);
    const answer = await harness.send({ method: 'POST', path: '/api/v1/trace/sdk', body: trace });
    expect(answer).toMatchObject({ status: 200, body: { status: 'success' } });
    const [root, retrieval] = [...harness.store.spans.values()];
    expect(root).toMatchObject({
      name: 'answer a question',
      startTime: 1763000000000,
      endTime: 1763000002000,
      attributes: { shop: 'north' },
      outcome: { status: 'ok' },
    });
    expect(retrieval).toMatchObject({
      name: 'find documents',
      traceId: root?.traceId,
      parentSpanId: root?.spanId,
      startTime: 1763000000100,
      endTime: 1763000000400,
      input: { query: 'hours' },
      outcome: { status: 'error', message: 'Failed' },
    });
    expect(only(harness)).toMatchObject({
      name: 'rewrite',
      operation: 'chat',
      traceId: root?.traceId,
      parentSpanId: retrieval?.spanId,
      requestModel: 'gpt-4o-mini',
      conversationId: 's',
      startTime: 1763000000100,
      endTime: 1763000000200,
    });
    expect(only(harness).id).toBe(`${only(harness).traceId}:${only(harness).spanId}`);
  });

  it('that are repeated are stored once', async () => {
    const harness = await harnessOf(athina);
    for (const body of [trace, trace]) await harness.send({ method: 'POST', path: '/api/v1/trace/sdk', body });
    expect(harness.store.spans.size).toBe(2);
    expect(harness.store.all).toHaveLength(1);
  });

  it('keep a change when they are repeated', async () => {
    const harness = await harnessOf(athina);
    const post = { method: 'POST', path: '/api/v1/trace/sdk', body: trace };
    const { id } = (await harness.send(post)).body as { id: string };
    await harness.send({ method: 'PUT', path: `/api/v1/trace/${id}`, body: { name: 'renamed' } });
    const again = await harness.send(post);
    expect(again).toMatchObject({ status: 200, body: { id, data: { trace: { name: 'renamed' } } } });
    expect([...harness.store.spans.values()].map(({ name }) => name)).toEqual(['renamed', 'find documents']);
  });

  it('are made step by step, and read back as they were written', async () => {
    const harness = await harnessOf(athina);
    const idOf = ({ body }: { readonly body: unknown }): string => (body as { id: string }).id;
    const { spans: _, input: __, output: ___, ...start } = trace;
    const id = idOf(await harness.send({ method: 'POST', path: '/api/v1/trace/', body: start }));
    const base = `/api/v1/trace/${id}`;
    const step = { name: 'find', span_type: 'span', start_time: '2025-11-13T02:13:20.100Z' };
    const parent = idOf(await harness.send({ method: 'POST', path: `${base}/spans`, body: step }));
    const call = {
      name: 'ask',
      span_type: 'generation',
      parent_id: parent,
      attributes: { language_model_id: 'm', prompt: 'p', response: 'r' },
    };
    const child = idOf(await harness.send({ method: 'POST', path: `${base}/spans`, body: call }));
    const changes = { end_time: '2025-11-13T02:13:21.000Z', attributes: { found: 2 } };
    await harness.send({ method: 'PUT', path: `${base}/spans/${parent}`, body: changes });
    await harness.send({ method: 'PUT', path: base, body: { status: 'error' } });

    const read = await harness.send({ method: 'GET', path: base });
    const written = { ...step, ...changes, id: parent };
    expect(read.body).toMatchObject({
      data: { trace: { ...start, status: 'error', id, spans: [written, { ...call, id: child }] } },
    });
    expect((await harness.send({ method: 'GET', path: `${base}/spans/${parent}` })).body).toEqual({
      status: 'success',
      data: { span: written },
      id: parent,
    });
    const [root, found] = [...harness.store.spans.values()];
    expect(root?.outcome.status).toBe('error');
    expect(found).toMatchObject({ parentSpanId: root?.spanId, endTime: 1763000001000, attributes: { found: 2 } });
    expect(only(harness)).toMatchObject({ parentSpanId: found?.spanId, name: 'ask' });
  });

  it('with the same words are two when they are made step by step', async () => {
    const harness = await harnessOf(athina);
    const start = { name: 'same' };
    await Promise.all([start, start].map((body) => harness.send({ method: 'POST', path: '/api/v1/trace', body })));
    expect(harness.store.spans.size).toBe(2);
  });

  it.each([
    ['POST', '/api/v1/trace/sdk', {}, 400, 'name'],
    ['POST', '/api/v1/trace/sdk', { name: 'x', start_time: 'then' }, 400, 'start_time'],
    [
      'POST',
      '/api/v1/trace/sdk',
      { name: 'x', spans: [{ name: 'y', children: [{}] }] },
      400,
      'spans.0.children.0.name',
    ],
    [
      'POST',
      '/api/v1/trace/sdk',
      { name: 'x', spans: [{ name: 'y', span_type: 'generation', attributes: { cost: 'much' } }] },
      400,
      'spans.0.attributes.cost',
    ],
    ['GET', '/api/v1/trace/nope', undefined, 404, 'id'],
    ['PUT', '/api/v1/trace/nope', {}, 404, 'id'],
  ])('%s %s of %j is refused', async (method, path, body, status, field) => {
    const harness = await harnessOf(athina);
    const answer = await harness.send({ method, path, body });
    expect(answer).toMatchObject({ status, body: { details: { field } } });
    expect(harness.store.writes).toEqual([]);
  });
});
