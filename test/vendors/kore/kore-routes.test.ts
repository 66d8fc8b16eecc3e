import { generateKeyPair, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import type { Interaction } from '../../../src/interaction/interaction.ts';
import { kore } from '../../../src/vendors/kore/index.ts';
import { harnessOf, keysOf, type RoutesHarness } from '../routes-harness.ts';

const botId = 'st-00000000-0000-5000-8000-000000000001';
const path = `/api/1.1/public/bot/${botId}/getLLMUsageLogs`;
const day = Date.UTC(2024, 2, 7);
const HOUR = 3_600_000;
const range = { dateFrom: '2024-03-07', dateTo: '2024-03-09', limit: '100' };

let serial = 0;

function call(fields: Partial<Interaction> = {}, millis = 1_000): Interaction {
  serial += 1;
  const startTime = fields.startTime ?? day + serial;
  return {
    id: `call-${serial}`,
    traceId: serial.toString(16).padStart(32, '0'),
    spanId: serial.toString(16).padStart(16, '0'),
    name: 'chat gpt-4o-mini',
    operation: 'chat',
    startTime,
    endTime: startTime + millis,
    outcome: { status: 'ok' },
    ...fields,
  };
}

async function harnessWith(calls: readonly Interaction[]): Promise<RoutesHarness> {
  const harness = await harnessOf(kore);
  await harness.store.write({ interactions: calls });
  return harness;
}

type Records = readonly Readonly<Record<string, unknown>>[];

async function logs(harness: RoutesHarness, body: unknown): Promise<Records> {
  const answer = await harness.send({ method: 'POST', path, body });
  expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200 });
  return answer.body as Records;
}

/** The calls whose records come back, identified by their names. */
async function found(calls: readonly Interaction[], filter: object): Promise<string[]> {
  const harness = await harnessWith(calls.map((one) => ({ ...one, name: one.id })));
  return (await logs(harness, { ...range, sort: { field: 'start Date', order: 'asc' }, ...filter })).map((record) =>
    String(record['Description']),
  );
}

describe('getLLMUsageLogs', () => {
  it('does not know a bot that no call names, once calls name bots', async () => {
    const send = async (harness: RoutesHarness, bot: string) => {
      const answer = await harness.send({ method: 'POST', path: path.replace(botId, bot), body: range });
      return [answer.status, JSON.stringify(answer.body)];
    };
    const harness = await harnessWith([call({ startTime: day, botId }), call({ startTime: day })]);
    expect(await send(harness, 'st-unknown')).toEqual([
      404,
      '{"errors":[{"msg":"There is no bot with this id.","code":404,"field":"botId"}]}',
    ]);
    expect(JSON.parse((await send(harness, botId))[1] as string)).toHaveLength(2);
    // As long as no call names a bot, all belong to the one that is asked for.
    const unnamed = await harnessWith([call({ startTime: day })]);
    expect(JSON.parse((await send(unnamed, 'st-unknown'))[1] as string)).toMatchObject([{ 'Bot ID': 'st-unknown' }]);
  });

  it("answers a bare list with Kore's keys byte for byte", async () => {
    const harness = await harnessWith([
      call({
        startTime: day,
        traceId: '0af7651916cd43dd8448eb211c80319c',
        provider: 'openai',
        requestModel: 'gpt-4o-mini',
        inputMessages: [{ role: 'user', parts: [{ type: 'text', content: 'Hi' }] }],
        user: { id: 'u-17' },
        agent: { id: 'asst_9' },
      }),
    ]);
    const records = await logs(harness, range);
    expect(JSON.stringify(records)).toBe(
      `[{"Prompt Name":"Default","Integration":"OpenAI","start Date":"2024-03-07T00:00:00.000Z","End Date":"2024-03-07T00:00:01.000Z","Time Taken":1000,"statusCode":200,"Bot ID":"${botId}","User ID":"u-17","Feature Name ":"GenAI Node","Model Name":"gpt-4o-mini","Channel Name":"rtm","Description":"chat gpt-4o-mini","task Id":"asst_9","Status":"Success","Payload Details":{"Prompt Name":"Default","Request Payload":{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Hi"}]},"Response Payload":{"object":"chat.completion","created":1709769601,"model":"gpt-4o-mini","choices":[],"system_fingerprint":null}}}]`,
    );
  });

  it('answers at the path of the documentation that has no /api', async () => {
    const harness = await harnessWith([call()]);
    const answer = await harness.send({ method: 'POST', path: path.replace('/api', ''), body: range });
    expect(answer.body).toHaveLength(1);
  });

  it('leaves out what Kore has no record for', async () => {
    expect(
      await found(
        [call({ id: 'tool', operation: 'execute_tool' }), call({ id: 'run', operation: 'invoke_agent' })],
        {},
      ),
    ).toEqual(['run']);
  });

  it('reads a bare date as a whole day in UTC, and times with and without a zone', async () => {
    const calls = [
      call({ id: 'before', startTime: day - 1 }),
      call({ id: 'first', startTime: day }),
      call({ id: 'noon', startTime: day + 12 * HOUR }),
      call({ id: 'last', startTime: day + 24 * HOUR - 0.5 }),
      call({ id: 'after', startTime: day + 24 * HOUR }),
    ];
    const dates = (dateFrom: string, dateTo: string) => found(calls, { dateFrom, dateTo });
    expect(await dates('2024-03-07', '2024-03-07')).toEqual(['first', 'noon', 'last']);
    expect(await dates('2024-03-07T12:00:00', '2024-03-07')).toEqual(['noon', 'last']);
    expect(await dates('2024-03-07T14:00:00+02:00', '2024-03-07T12:00:00.000Z')).toEqual(['noon']);
    expect(await dates('2024-03-07T12:00:01', '2024-03-08T00:00:00')).toEqual(['last', 'after']);
  });

  const tagged = [
    call({ id: 'plain' }),
    call({
      id: 'full',
      botId,
      channel: 'msteams',
      feature: 'dynamicEntity',
      taskId: 'dg-1',
      user: { id: 'u-1' },
      sessionId: 's-1',
      conversationId: 'c-1',
    }),
    call({ id: 'agent', operation: 'invoke_agent', agent: { id: 'asst_1' }, user: { id: 'u-2' } }),
    call({ id: 'developer', developer: true }),
    call({ id: 'other bot', botId: 'st-other' }),
  ];
  it.each<[string, object, readonly string[]]>([
    ['no filter', {}, ['plain', 'full', 'agent']],
    ['isDeveloper', { isDeveloper: true }, ['plain', 'full', 'agent', 'developer']],
    ['isDeveloper as text', { isDeveloper: 'true' }, ['plain', 'full', 'agent', 'developer']],
    ['isDeveloper false', { isDeveloper: false }, ['plain', 'full', 'agent']],
    ['channel', { channel: 'MSTeams' }, ['full']],
    ['the default channel, in a list', { channel: ['rtm', 'sms'] }, ['plain', 'agent']],
    ['featureName by its key', { featureName: ['DynamicEntity'] }, ['full']],
    ['featureName by its display name', { featureName: 'agent node' }, ['agent']],
    ['featureName that nothing has', { featureName: ['Answer Generation'] }, []],
    ['taskId of a call', { taskId: 'dg-1' }, ['full']],
    ['taskId of an assistant', { taskId: ['asst_1'] }, ['agent']],
    ['taskId of a trace', { taskId: tagged[0]?.traceId }, ['plain']],
    ['userIds', { userIds: ['u-1', 'u-9'] }, ['full']],
    ['userId', { userId: 'u-2' }, ['agent']],
    ['channelUserIds', { channelUserIds: ['u-1'] }, ['full']],
    ['channelUIds', { channelUIds: 'u-2' }, ['agent']],
    ['both ids of one person', { channelUserIds: ['29:1gm'], userIds: ['u-1'] }, ['full']],
    ['sessionIds', { sessionIds: ['s-1'] }, ['full']],
    ['sessionIds of a conversation', { sessionIds: ['c-1'] }, ['full']],
    ['two filters', { userIds: ['u-1'], channel: 'sms' }, []],
    ['empty lists and null', { userIds: [], channel: null, sort: null }, ['plain', 'full', 'agent']],
    ['an unknown field', { unknown: 7 }, ['plain', 'full', 'agent']],
  ])('filters by %s', async (_, filter, expected) => {
    const order = { sort: { field: 'start Date', order: 'asc' } };
    expect((await found(tagged, { ...order, ...filter })).toSorted()).toEqual([...expected].toSorted());
  });

  it('takes the whole request of the documentation', async () => {
    const sample = {
      dateFrom: '2024-03-07',
      dateTo: '2024-03-09',
      limit: '1',
      skip: '5',
      isDeveloper: true,
      channel: 'msteams',
      featureName: ['dynamicEntity'],
      taskId: 'dg-d4924db4-b325-5b4d-ae51-aa5c7be41d4f',
      channelUserIds: ['29:1gmw8z03rvk6njl6k7ohtdh2v9zubxiip7kvu1yiek_qri4grpmd0k_d1yjlpzbj40wk1am9dphqkoiwatzwttw'],
      userIds: ['u-40b3eafc-a5aa-55f2-83e8-cf4d0fb1de07'],
      sort: { field: 'Time Taken', order: 'desc' },
    };
    const fields = {
      channel: sample.channel,
      feature: 'dynamicEntity',
      taskId: sample.taskId,
      user: { id: 'u-40b3eafc-a5aa-55f2-83e8-cf4d0fb1de07' },
    };
    const calls = Array.from({ length: 8 }, (_, index) => call({ ...fields, id: `${index}` }, 100 * (index + 1)));
    expect(await found(calls, sample)).toEqual(['2']);
  });

  it('sorts by start or by duration, newest or longest first by default, and pages without gaps', async () => {
    const calls = [3_000, 1_000, 2_000, 2_000].map((millis, index) =>
      call({ id: `${index}`, startTime: day + index }, millis),
    );
    const by = (sort: object | undefined, more: object = {}) => found(calls, { sort, ...more });
    expect(await by(undefined)).toEqual(['3', '2', '1', '0']);
    expect(await by({ field: 'start Date', order: 'asc' })).toEqual(['0', '1', '2', '3']);
    expect(await by({ field: 'Time Taken' })).toEqual(['0', '2', '3', '1']);
    expect(await by({ field: 'Time Taken', order: 'asc' })).toEqual(['1', '2', '3', '0']);
    const pages = [];
    for (const skip of [0, 1, 2, 3, 4]) pages.push(...(await by({ field: 'Time Taken' }, { limit: 1, skip })));
    expect(pages).toEqual(['0', '2', '3', '1']);
  });

  it.each<[string, object, string]>([
    ['no dateFrom', { dateFrom: undefined }, 'dateFrom'],
    ['a date that no calendar has', { dateFrom: '2024-02-30' }, 'dateFrom'],
    ['a date in words', { dateTo: 'yesterday' }, 'dateTo'],
    ['dateTo before dateFrom', { dateTo: '2024-03-06' }, 'dateTo'],
    ['more than 90 days', { dateTo: '2024-06-06' }, 'dateTo'],
    ['more than 90 days by a second', { dateFrom: '2024-03-07T00:00:00', dateTo: '2024-06-05T00:00:01' }, 'dateTo'],
    ['no limit', { limit: undefined }, 'limit'],
    ['a limit of 0', { limit: 0 }, 'limit'],
    ['a limit of 1001', { limit: '1001' }, 'limit'],
    ['half a limit', { limit: 1.5 }, 'limit'],
    ['a limit in words', { limit: 'all' }, 'limit'],
    ['a negative skip', { skip: -1 }, 'skip'],
    ['isDeveloper in words', { isDeveloper: 'perhaps' }, 'isDeveloper'],
    ['users that are numbers', { userIds: [7] }, 'userIds'],
    ['a sort by another field', { sort: { field: 'Model Name', order: 'asc' } }, 'sort.field'],
    ['another order', { sort: { field: 'Time Taken', order: 'up' } }, 'sort.order'],
  ])('refuses %s with 400 and the name of the field', async (_, change, field) => {
    const harness = await harnessWith([]);
    const answer = await harness.send({ method: 'POST', path, body: { ...range, ...change } });
    expect(answer).toMatchObject({
      status: 400,
      body: { errors: [{ code: 400, field: expect.stringContaining(field) }] },
    });
    expect(JSON.stringify(answer.body)).toContain(`"msg":"${field}`);
  });

  it('reads exactly 90 days', async () => {
    const harness = await harnessWith([call({ startTime: day })]);
    expect(await logs(harness, { ...range, dateTo: '2024-06-05' })).toHaveLength(1);
    expect(
      await logs(harness, { ...range, dateFrom: '2024-03-07T00:00:00', dateTo: '2024-06-05T00:00:00Z' }),
    ).toHaveLength(1);
  });
});

describe('the JWT', () => {
  const secret = 'a secret of thirty-two characters';
  const now = () => Math.floor(Date.now() / 1000);
  const signed = (claims: Record<string, unknown>, key = secret, alg = 'HS256') =>
    new SignJWT(claims).setProtectedHeader({ alg, typ: 'JWT' }).sign(new TextEncoder().encode(key));
  /** With an algorithm that has a public key, which must never be taken for a secret. */
  const signedByPair = async (claims: Record<string, unknown>) => {
    const { privateKey } = await generateKeyPair('RS256');
    return new SignJWT(claims).setProtectedHeader({ alg: 'RS256' }).sign(privateKey);
  };
  const send = async (auth: string | undefined) => {
    const harness = await harnessOf(kore, keysOf(secret, 'cs-1'));
    return harness.send({ method: 'POST', path, body: range, headers: auth === undefined ? {} : { auth } });
  };

  it.each<[string, () => Record<string, unknown>]>([
    ['that names the app', () => ({ sub: '1', appId: 'cs-1' })],
    ['that names an issuer alone', () => ({ sub: '1', iss: 'cs-1' })],
    ['of a client whose clock is a little ahead', () => ({ appId: 'cs-1', nbf: now() + 10 })],
    ['of a client whose clock is a little behind', () => ({ appId: 'cs-1', exp: now() - 10 })],
    ['with all claims', () => ({ sub: '1', appId: 'cs-1', iss: 'cs-1', iat: now(), exp: now() + 3600, jti: 'j' })],
  ])('is accepted %s', async (_, claims) => {
    expect(await send(await signed(claims()))).toEqual({ status: 200, body: [] });
  });

  it.each<[string, () => Promise<string | undefined>]>([
    ['is missing', async () => undefined],
    ['is not a JWT', async () => 'abc'],
    ['is signed with another secret', () => signed({ appId: 'cs-1' }, 'another secret of thirty-two chars')],
    ['is of another app', () => signed({ appId: 'cs-2' })],
    ['names no app', () => signed({ sub: '1' })],
    ['has expired', () => signed({ appId: 'cs-1', exp: now() - 60 })],
    ['is not valid yet', () => signed({ appId: 'cs-1', nbf: now() + 3600 })],
    ['names no app and no secret', () => signed({}, ' ')],
    ['names the app by something that is no text', () => signed({ appId: ['cs-1'] })],
    ['is signed with a pair of keys', () => signedByPair({ appId: 'cs-1' })],
    ['is signed with another algorithm', () => signed({ appId: 'cs-1' }, secret.repeat(4), 'HS512')],
    [
      'is not signed',
      async () => {
        const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
        return `${part({ alg: 'none' })}.${part({ appId: 'cs-1' })}.`;
      },
    ],
  ])('is refused with 401 when it %s', async (_, token) => {
    const answer = await send(await token());
    expect(answer).toEqual({ status: 401, body: { errors: [{ msg: expect.stringContaining('JWT'), code: 401 }] } });
  });
});

describe('records of our own exporter', () => {
  it('are stored, and read back as they were written', async () => {
    const harness = await harnessOf(kore);
    const [record] = kore.encode(call({ startTime: day, requestModel: 'gpt-4', botId }), { output: 'file:x' });
    for (const body of [record?.payload, [record?.payload]])
      expect(await harness.send({ method: 'POST', path: '/records', body })).toEqual({
        status: 200,
        body: { received: 1 },
      });
    expect(await logs(harness, range)).toEqual([record?.payload]);
  });

  it('are refused with the name of the field at fault', async () => {
    const harness = await harnessOf(kore);
    const answer = await harness.send({ method: 'POST', path: '/records', body: { 'start Date': 'then' } });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: 'start Date' }] } });
  });

  it('need the key of the gateway', async () => {
    const harness = await harnessOf(kore, keysOf('k-1'));
    const send = (headers: Record<string, string>) =>
      harness.send({ method: 'POST', path: '/records', body: [], headers });
    expect((await send({ authorization: 'Bearer k-1' })).status).toBe(200);
    expect((await send({ authorization: 'Bearer k-2' })).status).toBe(401);
    expect((await send({})).status).toBe(401);
  });
});
