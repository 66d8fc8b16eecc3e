import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Answer, OutgoingRequest } from '../../src/delivery/delivery.ts';
import { planDestination } from '../../src/exporter/destinations/open-destination.ts';
import type { Interaction } from '../../src/interaction/interaction.ts';
import { readTraceProtobuf } from '../../src/otlp/read-protobuf.ts';
import type { SpanData } from '../../src/semconv/span-data.ts';
import { DeadLetters } from '../../src/worker/dead-letters.ts';
import { DeliverStage } from '../../src/worker/deliver/deliver-stage.ts';
import { Feed } from '../../src/worker/deliver/feed.ts';
import { messageFor } from '../../src/worker/interaction-message.ts';
import { bytesOf } from '../../src/worker/kafka/record.ts';
import { LogClock } from '../../src/worker/log-clock.ts';
import { OwnedPartition } from '../../src/worker/owned-partition.ts';
import { FakePublisher, record } from './support.ts';

const feeds: Feed[] = [];
afterEach(async () => {
  for (const feed of feeds.splice(0)) await feed.end(0);
});

type Reply = (request: OutgoingRequest) => Answer | Promise<Answer>;
const ok: Answer = { status: 200, headers: {}, body: '{}' };

/** A stage with one partition and a vendor that answers as the test says. */
function stage(destination = 'athina', reply: Reply = () => ok, concurrency?: number) {
  const publisher = new FakePublisher();
  const requests: Readonly<Record<string, unknown>>[] = [];
  const spans: SpanData[] = [];
  const open = planDestination(destination, {
    environment: {
      ATHINA_API_KEY: 'key',
      INKEEPANALYTICS_API_INTEGRATION_KEY: 'key',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
    },
    content: () => 'full',
    contentOnSpans: true,
    spool: undefined,
    warn: () => undefined,
  });
  const feed = new Feed({
    destination,
    open,
    report: () => undefined,
    ...(concurrency !== undefined && { concurrency }),
    transport: () => async (request) => {
      const body = Buffer.from(request.body);
      if (destination === 'otlp') spans.push(...readTraceProtobuf(body).records);
      requests.push(destination === 'otlp' ? {} : JSON.parse(body.toString()));
      return reply(request);
    },
  });
  feeds.push(feed);
  const deadLetters = new DeadLetters(publisher.asPublisher(), 'dead');
  const subject = new DeliverStage({ destination, feed, deadLetters, topic: 'interactions', windowMillis: 500 });
  let now = 1_000;
  const clock = new LogClock(
    () => Number.MAX_SAFE_INTEGER,
    () => now,
  );
  const work = subject.open(clock);
  const settled: number[] = [];
  let offset = -1;
  return {
    publisher,
    subject,
    work,
    settled,
    requests,
    texts: () => requests.map(({ response }) => response),
    resources: () => spans.map(({ resource }) => resource),
    take(interaction: Interaction | string, project = 'default'): void {
      offset += 1;
      const own = offset;
      const message = typeof interaction === 'string' ? undefined : messageFor(interaction, project);
      const each = { ...record(own, message?.value ?? String(interaction)), key: Buffer.from(message?.key ?? 'key') };
      const settle = (): void => void settled.push(own);
      try {
        work.take(each, settle);
      } catch (error) {
        subject.unreadable(each, error, settle);
      }
    },
    pass(millis: number): void {
      now += millis;
      work.tick();
    },
  };
}

function call(number: number, more: Partial<Interaction> = {}): Interaction {
  const spanId = String(number).padStart(16, '0');
  return {
    id: `${'a'.repeat(32)}:${spanId}`,
    traceId: 'a'.repeat(32),
    spanId,
    name: 'chat gpt-4o',
    operation: 'chat',
    provider: 'openai',
    requestModel: 'gpt-4o',
    startTime: 1_000 + number,
    endTime: 2_000 + number,
    outcome: { status: 'ok' },
    inputMessages: [{ role: 'user', parts: [{ type: 'text', content: `question ${number}` }] }],
    outputMessages: [{ role: 'assistant', parts: [{ type: 'text', content: `answer ${number}` }] }],
    ...more,
  };
}

const until = (isTrue: () => boolean): Promise<void> =>
  vi.waitFor(() => expect(isTrue()).toBe(true), { timeout: 60_000, interval: 2 });

describe('the delivering stage', () => {
  it('sends a call without a conversation at once, and settles it when the vendor has it', async () => {
    const { take, settled, texts } = stage();
    take(call(1));
    await until(() => settled.length === 1);
    expect(texts()).toEqual(['answer 1']);
  });

  it('has as many requests under way as it may, whatever an application may have', async () => {
    const answers: (() => void)[] = [];
    const reply = () => new Promise<Answer>((resolve) => void answers.push(() => resolve(ok)));
    const { take, work, settled, requests } = stage('athina', reply, 20);
    for (let number = 0; number < 30; number += 1) take(call(number));
    await until(() => requests.length === 20);
    expect(work.ready).toBe(30);
    answers[0]?.();
    await until(() => requests.length === 21);
    expect(settled).toEqual([0]);
    expect(work.ready).toBe(29);
  });

  it('sends the turns of a conversation in order, one at a time', async () => {
    let underWay = 0;
    let most = 0;
    const { take, pass, settled, texts } = stage('athina', async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setTimeout(resolve, 5));
      underWay -= 1;
      return ok;
    });
    for (const number of [2, 1, 3]) take(call(number, { conversationId: 'c' }));
    pass(500);
    await until(() => settled.length === 3);
    expect(texts()).toEqual(['answer 1', 'answer 2', 'answer 3']);
    expect(settled).toEqual([1, 0, 2]);
    expect(most).toBe(1);
  });

  it('waits for a turn anew when the brokers answer again', async () => {
    const { take, pass, work, settled, texts } = stage();
    take(call(2, { conversationId: 'c' }));
    pass(499);
    work.resume();
    pass(499);
    expect(texts()).toEqual([]);
    take(call(1, { conversationId: 'c' }));
    pass(1);
    await until(() => settled.length === 2);
    expect(texts()).toEqual(['answer 1', 'answer 2']);
  });

  it('sends again what failed, before the next turn', async () => {
    let attempts = 0;
    const { take, pass, settled, texts } = stage('athina', () => {
      attempts += 1;
      return attempts === 1 ? { status: 503, headers: { 'retry-after': '0' }, body: '' } : ok;
    });
    for (const number of [1, 2]) take(call(number, { conversationId: 'c' }));
    pass(500);
    await until(() => settled.length === 2);
    expect(texts()).toEqual(['answer 1', 'answer 1', 'answer 2']);
  });

  it('gives what the vendor refuses to the dead letters, and settles it once that is acknowledged', async () => {
    const { take, settled, publisher, subject } = stage('athina', () => ({ status: 422, headers: {}, body: 'no' }));
    take(call(1));
    await until(() => publisher.to('dead').length === 1);
    expect(settled).toEqual([]);
    publisher.acknowledge();
    expect(settled).toEqual([0]);
    expect(publisher.records[0]).toMatchObject({
      value: messageFor(call(1), 'default').value,
      headers: { 'spanport-stage': 'athina', 'spanport-topic': 'interactions', 'spanport-offset': '0' },
    });
    expect(publisher.records[0]?.headers?.['spanport-reason']).toMatch(/422/);
    expect(subject.counts.refused).toBe(1);
  });

  it('settles a refused record that is read again only with its dead letter, which it gives once', async () => {
    const { take, settled, publisher, subject } = stage('athina', () => ({ status: 422, headers: {}, body: 'no' }));
    take(call(1));
    await until(() => publisher.to('dead').length === 1);
    take(call(1));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(settled).toEqual([]);
    publisher.acknowledge();
    expect(settled).toEqual([0, 1]);
    expect(publisher.to('dead')).toHaveLength(1);
    expect(subject.counts.refused).toBe(1);
  });

  it('gives what is no interaction to the dead letters', () => {
    const { take, settled, publisher, subject } = stage();
    take('{"id":"x"}');
    take('no JSON');
    publisher.acknowledge();
    expect(settled).toEqual([0, 1]);
    expect(publisher.to('dead').map(({ headers }) => headers?.['spanport-reason'])).toEqual([
      'The message is not an interaction: it lacks id, trace, span, operation, times or outcome.',
      expect.stringContaining('JSON'),
    ]);
    expect(subject.counts.malformed).toBe(2);
  });

  it('settles a duplicate without sending it again', async () => {
    const { take, settled, requests } = stage();
    take(call(1));
    await until(() => settled.length === 1);
    take(call(1));
    await until(() => settled.length === 2);
    expect(requests).toHaveLength(1);
  });

  it('settles a record that is read again while it is under way only when the vendor has it', async () => {
    let answer = (): void => {};
    const { take, settled, requests } = stage(
      'athina',
      () =>
        new Promise((resolve) => {
          answer = () => resolve(ok);
        }),
    );
    take(call(1));
    await until(() => requests.length === 1);
    take(call(1));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(settled).toEqual([]);
    answer();
    await until(() => settled.length === 2);
    expect(requests).toHaveLength(1);
  });

  it('settles what the vendor has no record for', async () => {
    const { take, settled, requests } = stage();
    take(call(1, { operation: 'moderation' }));
    await until(() => settled.length === 1);
    expect(requests).toEqual([]);
  });

  it('sends the same payload as a process that recorded the call itself', async () => {
    const { take, settled, requests } = stage();
    const run = { id: 'run_1', status: 'completed' };
    take(call(1, { usage: { inputTokens: 3, outputTokens: 4 }, sessionId: 's', user: { id: 'u' } }));
    take(call(2, { operation: 'invoke_agent', run, id: 'run:api.openai.com:run_1', serviceName: 'shop' }));
    await until(() => settled.length === 2);
    expect(requests).toMatchObject([
      { prompt_tokens: 3, completion_tokens: 4, session_id: 's', customer_user_id: 'u', language_model_id: 'gpt-4o' },
      { response: 'answer 2' },
    ]);
  });

  it('joins the halves of a background response, whichever comes first', async () => {
    for (const isFetchedFirst of [false, true]) {
      const { take, settled, texts } = stage();
      const queued = call(1, { responseId: 'resp_1', responseStatus: 'queued', outputMessages: [] });
      const fetched = call(2, { responseId: 'resp_1', responseStatus: 'completed', operation: 'fetch_response' });
      for (const half of isFetchedFirst ? [fetched, queued] : [queued, fetched]) take(half);
      await until(() => settled.length === 2);
      expect(texts()).toEqual(['answer 2']);
      take(fetched);
      expect(settled).toHaveLength(3);
    }
  });

  it('settles all records of a half that is read twice, or fetched twice, before the other half comes', async () => {
    for (const isFetchedFirst of [false, true]) {
      const { take, settled, texts } = stage();
      const queued = call(1, { responseId: 'resp_1', responseStatus: 'queued', outputMessages: [] });
      const fetched = call(2, { responseId: 'resp_1', responseStatus: 'completed', operation: 'fetch_response' });
      const again = { ...fetched, id: `${'a'.repeat(32)}:${'3'.repeat(16)}`, spanId: '3'.repeat(16) };
      for (const half of isFetchedFirst ? [fetched, again, queued] : [queued, queued, fetched]) take(half);
      await until(() => settled.length === 3);
      expect(texts()).toEqual(['answer 2']);
    }
  });

  it('settles all records of a half that stays alone', () => {
    const { take, pass, settled } = stage();
    const queued = call(1, { responseId: 'resp_1', responseStatus: 'queued' });
    const fetched = call(2, { responseId: 'resp_2', responseStatus: 'completed', operation: 'fetch_response' });
    for (const half of [queued, queued, fetched, fetched]) take(half);
    pass(600_000);
    expect(settled.toSorted()).toEqual([0, 1, 2, 3]);
  });

  it('gives up the older halves when they leave no room for the record with the other one', () => {
    const { subject } = stage();
    const records = Array.from({ length: 20 }, (_, index) => {
      const { value } = messageFor(call(index, { responseId: `resp_${index}`, responseStatus: 'queued' }), 'default');
      return record(index, value);
    });
    const bytes = 5 * Math.max(...records.map(bytesOf));
    const partition = new OwnedPartition({
      partition: 0,
      start: 0,
      open: (_, clock) => subject.open(clock),
      room: () => ({ bytes, records: 4_000, ready: 500 }),
      take: (state, each) => {
        state.ledger.open(each.offset, bytesOf(each), each.timestamp);
        state.work.take(each, () => state.ledger.settle(each.offset));
      },
    });
    partition.receive({ partition: 0, records, next: 20, end: 20, requestedAt: 0 });
    expect(partition.ledger.next).toBeLessThan(20);
    for (let ticks = 0; ticks < 20; ticks += 1) partition.tick();
    expect(partition.ledger.next).toBe(20);
    expect(subject.counts.releasedEarly).toBe(subject.neverFetched);
  });

  it('gives up a background response that was never fetched after ten minutes, and counts it', () => {
    const { take, pass, settled, subject } = stage();
    take(call(1, { responseId: 'resp_1', responseStatus: 'queued' }));
    pass(599_999);
    expect(settled).toEqual([]);
    pass(1);
    expect(settled).toEqual([0]);
    expect(subject.neverFetched).toBe(1);
  });

  it('takes nothing more when its partition is released, and waits for what is under way', async () => {
    let answer = (): void => {};
    const { take, pass, settled, work, texts } = stage(
      'athina',
      () =>
        new Promise((resolve) => {
          answer = () => resolve(ok);
        }),
    );
    for (const number of [1, 2]) take(call(number, { conversationId: 'c' }));
    pass(500);
    await until(() => texts().length === 1);
    let isClosed = false;
    const closed = work.close().then(() => {
      isClosed = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(isClosed).toBe(false);
    answer();
    await closed;
    expect(settled).toEqual([0]);
    expect(texts()).toEqual(['answer 1']);
  });

  it('sends whole conversations to a vendor that stores them, as one history', async () => {
    const { take, pass, settled, requests } = stage('inkeep');
    for (const number of [2, 1]) take(call(number, { conversationId: 'c' }));
    pass(500);
    await until(() => settled.length === 2);
    const { messages } = requests.at(-1) as { readonly messages: readonly { readonly content: unknown }[] };
    expect(messages.map(({ content }) => content)).toEqual(['question 1', 'answer 1', 'question 2', 'answer 2']);
  });

  it('sends spans with all attributes to an OTLP backend', async () => {
    const { take, settled, requests } = stage('otlp');
    take(call(1));
    await until(() => settled.length === 1);
    expect(requests).toHaveLength(1);
  });
});

describe('two projects with equal ids', () => {
  const of = (project: string, number: number, more: Partial<Interaction> = {}): Interaction =>
    call(number, {
      conversationId: 'c',
      outputMessages: [{ role: 'assistant', parts: [{ type: 'text', content: `${project}${number}` }] }],
      ...more,
    });

  it('are both delivered, and neither waits for a turn of the other', async () => {
    const answers: (() => void)[] = [];
    const reply = () => new Promise<Answer>((resolve) => void answers.push(() => resolve(ok)));
    const { take, pass, settled, texts } = stage('athina', reply);
    for (const project of ['A', 'B', 'default']) take(of(project, 1), project);
    pass(500);
    await until(() => texts().length === 3);
    expect(texts()).toEqual(['A1', 'B1', 'default1']);
    for (const answer of answers) answer();
    await until(() => settled.length === 3);
  });

  it('share no conversation', async () => {
    const { take, pass, settled, requests } = stage('inkeep');
    for (const project of ['A', 'B']) for (const number of [1, 2]) take(of(project, number), project);
    pass(500);
    await until(() => settled.length === 4);
    const written = requests.map(({ messages }) => JSON.stringify(messages));
    expect(written.some((text) => text.includes('A2'))).toBe(true);
    expect(written.some((text) => text.includes('B2'))).toBe(true);
    for (const text of written) expect(text.includes('A1') && text.includes('B1')).toBe(false);
  });

  it('share no background response', async () => {
    const { take, pass, settled, texts } = stage();
    const half = { responseId: 'resp_1', conversationId: 'c' };
    take(of('A', 1, { ...half, responseStatus: 'queued', outputMessages: [] }), 'A');
    take(of('B', 2, { ...half, responseStatus: 'completed', operation: 'fetch_response' }), 'B');
    pass(1_000);
    expect(texts()).toEqual([]);
    take(of('A', 2, { ...half, responseStatus: 'completed', operation: 'fetch_response' }), 'A');
    pass(1_000);
    await until(() => settled.length === 2);
    expect(texts()).toEqual(['A2']);
    expect(settled).toEqual([0, 2]);
  });

  it('each have a dead letter of their own, whose key names the project', async () => {
    const { take, settled, publisher, subject } = stage('athina', () => ({ status: 422, headers: {}, body: 'no' }));
    for (const project of ['A', 'B']) take(call(1), project);
    await until(() => publisher.to('dead').length === 2);
    publisher.acknowledge();
    expect(settled.toSorted()).toEqual([0, 1]);
    expect(subject.counts.refused).toBe(2);
    const keys = publisher.to('dead').map(({ key }) => String(key));
    expect(keys.toSorted()).toEqual(['A', 'B'].map((project) => `project=${project} ${'a'.repeat(32)}`));
  });

  it('are told apart by the next gateway, whose resource names them', async () => {
    const { take, settled, resources } = stage('otlp');
    for (const project of ['A', 'B', 'default']) take(call(1), project);
    await until(() => settled.length === 3);
    expect(
      resources()
        .map((resource) => resource['spanport.project'])
        .toSorted(),
    ).toEqual(['A', 'B', undefined]);
  });
});
