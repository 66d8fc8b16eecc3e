import { context, createContextKey, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { beforeAll, describe, expect, it } from 'vitest';
import { placeOf, ToolTurns } from '../../src/instrumentation/tool-calls.ts';
import { traceTool } from '../../src/instrumentation/trace-tool.ts';
import { contentOf } from '../../src/semconv/span-content.ts';
import { askForWeather, inSpan, messages, model, openScene, type Scene, treeOf, weather } from './scene.ts';

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});

const city = (args: { city: string }): string => `sunny in ${args.city}`;

/** One round by hand: the model calls a tool, `run` runs it, the model gets the result. */
async function loop({ client }: Scene, run: (args: { city: string }, id: string) => unknown): Promise<void> {
  const asked = await client.chat.completions.create({ model, messages, tools: [weather] });
  const message = asked.choices[0]?.message;
  if (!message?.tool_calls) throw new Error('the model asked for no tool');
  const answers = await Promise.all(
    message.tool_calls.map(async (call) => ({
      role: 'tool' as const,
      tool_call_id: call.id,
      content: String(await run(call.type === 'function' ? JSON.parse(call.function.arguments) : {}, call.id)),
    })),
  );
  await client.chat.completions.create({ model, messages: [...messages, message, ...answers], tools: [weather] });
}

const toolSpans = ({ spans }: Scene) => spans().filter(({ name }) => name.startsWith('execute_tool'));

describe('a chat loop with tools', () => {
  it('is one trace, with the tool below the chat that asked, where the application has no span', async () => {
    const scene = await openScene();
    scene.server.reply(askForWeather);
    await loop(scene, city);
    expect(treeOf(scene.spans())).toEqual([
      'chat gpt-4o-mini',
      'chat gpt-4o-mini > chat gpt-4o-mini',
      'chat gpt-4o-mini > execute_tool get_weather',
    ]);
    expect(new Set(scene.spans().map((span) => span.spanContext().traceId)).size).toBe(1);
  });

  it('links the answering chat to the asking one under a span of the application', async () => {
    const scene = await openScene();
    scene.server.reply(askForWeather);
    await inSpan('handler', () => loop(scene, city));
    expect(treeOf(scene.spans())).toEqual([
      'chat gpt-4o-mini > execute_tool get_weather',
      'handler',
      'handler > chat gpt-4o-mini',
      'handler > chat gpt-4o-mini',
    ]);
    const [first, , second] = scene.spans();
    expect(second?.links[0]?.context.spanId).toBe(first?.spanContext().spanId);
  });

  it('tells what the tool was given and gave back, inferred from the message that answers', async () => {
    const scene = await openScene();
    scene.server.reply(askForWeather);
    await loop(scene, city);
    const [tool] = toolSpans(scene);
    expect(tool?.kind).toBe(SpanKind.INTERNAL);
    expect(tool?.attributes).toMatchObject({ 'gen_ai.tool.name': 'get_weather', 'spanport.inferred': true });
    expect(tool && contentOf(tool)?.toolExecutions).toMatchObject([
      { name: 'get_weather', arguments: { city: 'Paris' }, result: 'sunny in Paris' },
    ]);
  });

  it('infers nothing of a call that no model was seen to ask for', async () => {
    const scene = await openScene();
    await scene.client.chat.completions.create({
      model,
      messages: [
        ...messages,
        { role: 'assistant', tool_calls: [{ id: 'call_x', type: 'function', function: { name: 'f', arguments: '' } }] },
        { role: 'tool', tool_call_id: 'call_x', content: 'done' },
      ],
    });
    expect(toolSpans(scene)).toEqual([]);
  });

  it('infers a call once, however often its answer is sent again', async () => {
    const scene = await openScene();
    scene.server.reply(askForWeather);
    await inSpan('handler', async () => {
      const asked = await scene.client.chat.completions.create({ model, messages, tools: [weather] });
      const message = asked.choices[0]?.message;
      if (!message?.tool_calls?.[0]) throw new Error('the model asked for no tool');
      const answer = { role: 'tool' as const, tool_call_id: message.tool_calls[0].id, content: 'sunny' };
      const whole = { model, messages: [...messages, message, answer] };
      await scene.client.chat.completions.create(whole);
      await scene.client.chat.completions.create(whole);
    });
    expect(toolSpans(scene)).toHaveLength(1);
  });

  it('keeps parallel calls apart', async () => {
    const scene = await openScene();
    scene.server.reply({
      toolCalls: [
        { name: 'get_weather', arguments: { city: 'Paris' } },
        { name: 'get_weather', arguments: { city: 'Rome' } },
      ],
    });
    await loop(
      scene,
      traceTool('get_weather', async (args: { city: string }) => city(args)),
    );
    expect(toolSpans(scene).map((span) => contentOf(span)?.toolExecutions?.[0]?.result)).toEqual([
      'sunny in Paris',
      'sunny in Rome',
    ]);
    const ids = toolSpans(scene).map(({ attributes }) => attributes['gen_ai.tool.call.id']);
    expect(new Set(ids).size).toBe(2);
  });
});

describe('traceTool', () => {
  it('keeps neither the span that asked nor what the application stored in its context, which the tool still reads', async () => {
    const scene = await openScene();
    const key = createContextKey('of the application');
    scene.server.reply(askForWeather);
    await context.with(ROOT_CONTEXT.setValue(key, 'stored'), async () => {
      await scene.client.chat.completions.create({ model, messages, tools: [weather] });
      const { recorder } = scene;
      const claim = recorder
        .stateOf(ToolTurns)
        .claim('get_weather', [{ city: 'Paris' }], placeOf(context.active(), recorder));
      const requester = claim?.turn.requester ?? ROOT_CONTEXT;
      expect(trace.getSpanContext(requester)).toEqual(scene.spans()[0]?.spanContext());
      expect(trace.getSpan(requester)).not.toBe(scene.spans()[0]);
      expect(requester.getValue(key)).toBeUndefined();
      expect(traceTool('get_weather', (_: unknown) => context.active().getValue(key))({ city: 'Paris' })).toBe(
        'stored',
      );
    });
    expect(treeOf(scene.spans())).toContain('chat gpt-4o-mini > execute_tool get_weather');
  });

  it('returns the promise of the SDK, with its methods', async () => {
    const scene = await openScene();
    const asking = traceTool('ask', () => scene.client.chat.completions.create({ model, messages }))();
    const { data, response } = await asking.withResponse();
    expect(response.status).toBe(200);
    const [tool] = toolSpans(scene);
    expect(tool && contentOf(tool)?.toolExecutions).toMatchObject([{ name: 'ask', result: { id: data.id } }]);
  });

  it('returns a query builder as it is: it neither runs the query nor records the connection', async () => {
    const scene = await openScene();
    let runs = 0;
    const query = {
      connection: { password: 'secret' },
      // biome-ignore lint/suspicious/noThenProperty: that is what makes it a query builder
      then(resolve: (rows: string[]) => void): void {
        runs += 1;
        resolve(['row']);
      },
    };
    expect(traceTool('query', () => query)() === query).toBe(true);
    expect(runs).toBe(0);
    const [tool] = toolSpans(scene);
    expect(tool && contentOf(tool)?.toolExecutions?.[0]).not.toHaveProperty('result');
    expect(JSON.stringify(tool && contentOf(tool))).not.toContain('secret');
  });

  it('wins over inference, and claims the call by name and arguments', async () => {
    const scene = await openScene();
    scene.server.reply(askForWeather);
    await loop(scene, traceTool('get_weather', city));
    const [tool, ...more] = toolSpans(scene);
    expect(more).toEqual([]);
    expect(tool?.attributes['spanport.inferred']).toBeUndefined();
    expect(tool?.attributes['gen_ai.tool.call.id']).toMatch(/^call_/);
    expect(treeOf(scene.spans())).toContain('chat gpt-4o-mini > execute_tool get_weather');
  });

  it('takes the call that the option names', async () => {
    const scene = await openScene();
    scene.server.reply(askForWeather);
    await loop(scene, (args, id) => traceTool('get_weather', city, { callId: id })(args));
    expect(toolSpans(scene)).toHaveLength(1);
  });

  it('gives back what the function gives, and its `this`', async () => {
    await openScene();
    const shop = {
      open: true,
      isOpen: traceTool('is_open', function (this: { open: boolean }) {
        return this.open;
      }),
    };
    expect(shop.isOpen()).toBe(true);
    expect(await traceTool('later', async (n: number) => n + 1)(1)).toBe(2);
  });

  it('tells a failure and throws it on', async () => {
    const scene = await openScene();
    const failing = traceTool('fails', () => {
      throw new TypeError('no such city');
    });
    expect(failing).toThrow('no such city');
    expect(scene.recorded()['error.type']).toBe('TypeError');
    expect(scene.spans()[0]?.status.code).toBe(SpanStatusCode.ERROR);
  });

  it('is the parent of what the function does', async () => {
    const scene = await openScene();
    await traceTool('ask_again', () => scene.client.chat.completions.create({ model, messages }))();
    expect(treeOf(scene.spans())).toEqual(['execute_tool ask_again', 'execute_tool ask_again > chat gpt-4o-mini']);
  });
});

describe('runTools', () => {
  const runnable = (tool: (args: { city: string }) => unknown) => ({
    type: 'function' as const,
    function: { ...weather.function, function: tool, parse: JSON.parse as (text: string) => { city: string } },
  });

  it('tells each function that it runs, without being asked', async () => {
    const scene = await openScene();
    scene.server.reply(askForWeather);
    await scene.client.chat.completions.runTools({ model, messages, tools: [runnable(city)] }).finalContent();
    const [tool, ...more] = toolSpans(scene);
    expect(more).toEqual([]);
    expect(tool?.attributes['spanport.inferred']).toBeUndefined();
    expect(tool && contentOf(tool)?.toolExecutions).toMatchObject([
      { arguments: { city: 'Paris' }, result: 'sunny in Paris' },
    ]);
  });

  it('takes the name of the function where the definition has none', async () => {
    const scene = await openScene();
    scene.server.reply({ toolCalls: [{ name: 'city', arguments: { city: 'Paris' } }] });
    const { name: _, ...unnamed } = runnable(city).function;
    const tools = [{ type: 'function' as const, function: unnamed }];
    await scene.client.chat.completions.runTools({ model, messages, tools } as never).finalContent();
    expect(toolSpans(scene).map(({ name }) => name)).toEqual(['execute_tool city']);
  });

  it('leaves the definitions of the application as they were', async () => {
    const scene = await openScene();
    scene.server.reply(askForWeather);
    const tool = Object.freeze({ ...runnable(city), function: Object.freeze(runnable(city).function) });
    await scene.client.chat.completions.runTools({ model, messages, tools: [tool] }).finalContent();
    expect(tool.function.function).toBe(city);
    expect(toolSpans(scene).map(({ attributes }) => attributes['spanport.inferred'])).toEqual([undefined]);
  });
});
