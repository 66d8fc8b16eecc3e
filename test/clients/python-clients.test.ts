import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { startFakeOpenAI } from '../../src/testing.ts';
import { type ClientGateway, startClientGateway } from './support/client-gateway.ts';
import { type InstalledClient, installPython } from './support/installed-client.ts';

const APP_KEY = 'app-key-of-reconify';

interface Servers {
  readonly gateway: ClientGateway;
  readonly model: Awaited<ReturnType<typeof startFakeOpenAI>>;
}

async function startServers(): Promise<Servers> {
  return { gateway: await startClientGateway(), model: await startFakeOpenAI() };
}

async function stop({ gateway, model }: Servers): Promise<void> {
  await Promise.all([gateway.close(), model.close()]);
}

function skipWithout(context: TestContext, client: InstalledClient): void {
  if (client.missing !== undefined) context.skip(client.missing);
}

const clientEnvironment = ({ gateway, model }: Servers) => ({
  CLIENT_KEY: gateway.token,
  CLIENT_ID: APP_KEY,
  GATEWAY_URL: gateway.url,
  MODEL_URL: model.baseURL,
});

const asked = { role: 'user', parts: [{ type: 'text', content: 'When are you open?' }] };

describe('athina-logger (PyPI)', () => {
  let servers: Servers;
  let client: InstalledClient;
  beforeAll(async () => {
    servers = await startServers();
    // Its tracing imports a module that LangChain 1 no longer has.
    client = await installPython(['athina-logger==1.3.0', 'openai==1.109.1', 'langchain==0.2.17']);
  });
  afterAll(() => stop(servers));

  it('logs inferences, wrapped calls, feedback and traces', async (context) => {
    skipWithout(context, client);
    const report = await client.run('athina_logger_client.py', {
      ...clientEnvironment(servers),
      API_BASE_URL: `${servers.gateway.url}/athina`,
    });
    const interactions = await servers.gateway.interactions();
    const logged = (conversation: string) => interactions.find(({ conversationId }) => conversationId === conversation);

    expect(logged('desk-1')).toMatchObject({
      requestModel: 'gpt-4o-mini',
      systemInstructions: [{ type: 'text', content: 'You are a clerk.' }],
      inputMessages: [asked],
      outputMessages: [{ role: 'assistant', parts: [{ type: 'text', content: 'Nine to five.' }] }],
      promptName: 'clerk/v2',
      environment: 'staging',
      customerId: '77',
      user: { id: 'u-9' },
      externalReferenceId: 'ref-42',
      usage: { inputTokens: 31, outputTokens: 12 },
      cost: { total: 0.00042, origin: 'client' },
      context: { docs: ['hours page'] },
      expectedResponse: '9-17',
      custom: { shop: 'north', tries: 2 },
      parameters: { temperature: 0.2, maxTokens: 64, stopSequences: ['END'], topP: 0.9 },
    });
    expect(logged('wrapped-1')).toMatchObject({
      responseId: (report as { response_id: string }).response_id,
      user: { id: 'u-w' },
      promptName: 'wrap',
      inputMessages: [asked],
    });
    const generation = logged('traced-1');
    expect(generation).toMatchObject({ name: 'rewrite', usage: { inputTokens: 3, outputTokens: 2 } });
    const spans = await servers.gateway.spansOf(generation?.traceId ?? '');
    const named = (name: string) => spans.find((span) => span['name'] === name);
    expect(named('answer a question')).toMatchObject({ attributes: { shop: 'north' } });
    expect(named('find documents')).toMatchObject({ parentSpanId: named('answer a question')?.['spanId'] });
    expect(generation?.parentSpanId).toBe(named('find documents')?.['spanId']);
    expect(await servers.gateway.feedback()).toMatchObject([{ rating: 'negative', comment: 'wrong day' }]);
    expect(report).toMatchObject({ refused: expect.stringContaining('athina-api-key') });
  });
});

describe("LiteLLM's Athina callback (PyPI)", () => {
  let servers: Servers;
  let client: InstalledClient;
  beforeAll(async () => {
    servers = await startServers();
    client = await installPython(['litellm==1.110.2', 'openai==3.57.0']);
  });
  afterAll(() => stop(servers));

  it('logs a completion, without the key of the provider', async (context) => {
    skipWithout(context, client);
    const report = await client.run('litellm_client.py', {
      ...clientEnvironment(servers),
      ATHINA_API_KEY: servers.gateway.token,
      ATHINA_BASE_URL: `${servers.gateway.url}/athina`,
      // Otherwise it fetches its prices from the network when it is imported.
      LITELLM_LOCAL_MODEL_COST_MAP: 'True',
    });
    expect(await servers.gateway.interactions()).toEqual([
      expect.objectContaining({
        provider: 'openai',
        requestModel: 'gpt-4o-mini',
        responseId: (report as { response_id: string }).response_id,
        inputMessages: [asked],
        conversationId: 's-lite',
        user: { id: 'u1' },
        customerId: 'c1',
        externalReferenceId: 'lite-1',
        tags: ['a', 'b'],
        custom: { n: 1 },
        parameters: expect.objectContaining({ temperature: 0.3 }),
      }),
    ]);
    expect(servers.gateway.holds('lite-1')).toBe(true);
    expect(servers.gateway.holds('provider-key-of-litellm')).toBe(false);
  });
});

describe('reconify (PyPI)', () => {
  let servers: Servers;
  let client: InstalledClient;
  beforeAll(async () => {
    servers = await startServers();
    // It imports requests, and does not name it as a dependency.
    client = await installPython(['reconify==3.0.0', 'openai==1.109.1', 'requests==2.34.2']);
  });
  afterAll(() => stop(servers));

  it('tracks chats and images', async (context) => {
    skipWithout(context, client);
    const report = (await client.run('reconify_client.py', clientEnvironment(servers))) as Record<string, string>;
    const [chat, image, ...others] = await servers.gateway.interactions();
    expect(others).toEqual([]);
    expect(chat).toMatchObject({
      operation: 'chat',
      requestModel: 'gpt-4o-mini',
      responseId: report['response_id'],
      inputMessages: [asked],
      conversationId: 'desk-session',
      user: { id: '123', firstName: 'Francis', isAuthenticated: true },
      parameters: { temperature: 0.3 },
    });
    expect(image).toMatchObject({
      operation: 'image_generation',
      requestModel: 'dall-e-2',
      outputMessages: [{ parts: [{ type: 'blob', modality: 'image', content: report['image'] }] }],
    });
    expect(servers.gateway.holds(APP_KEY)).toBe(false);
    expect(servers.gateway.holds(servers.gateway.token)).toBe(false);
  });
});

describe('requestyai (PyPI)', () => {
  let servers: Servers;
  let client: InstalledClient;
  beforeAll(async () => {
    servers = await startServers();
    client = await installPython(['requestyai==0.3.5', 'openai==1.109.1']);
  });
  afterAll(() => stop(servers));

  it('captures messages and templates', async (context) => {
    skipWithout(context, client);
    const report = await client.run('requesty_client.py', clientEnvironment(servers));
    expect(report).toEqual({
      messages: { status: 200, body: { success: true } },
      template: { status: 200, body: { success: true } },
      refused: { status: 401, body: { success: false, error: expect.any(String) } },
    });
    const interactions = await servers.gateway.interactions();
    expect(interactions).toHaveLength(2);
    expect(interactions.find(({ user }) => user?.id === 'u-1')).toMatchObject({
      conversationId: 'desk-1',
      requestModel: 'gpt-4o-mini',
      responseId: 'chatcmpl-r1',
      inputMessages: [asked],
      custom: { class: 'hours' },
      usage: { inputTokens: 21, outputTokens: 9 },
    });
    expect(interactions.find(({ promptTemplate }) => promptTemplate)).toMatchObject({
      promptTemplate: 'Answer {q} in {lang}',
      promptVariables: { q: 'hours', lang: 'no' },
    });
  });
});
