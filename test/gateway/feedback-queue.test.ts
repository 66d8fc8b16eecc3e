import { expect, it, onTestFinished, vi } from 'vitest';
import { FeedbackQueue, type FeedbackQueueOptions } from '../../src/gateway/feedback-queue.ts';
import { attachedFeedback, openFeedback } from '../../src/store/stored-feedback.ts';
import type { Feedback } from '../../src/vendors/feedback.ts';
import { chat, LocalStore } from '../store/local-store.ts';

const DAY_MILLIS = 86_400_000;

/** A queue on a store without its threads: an answer is indexed only when the test, or the queue, waits for it. */
function openQueue() {
  const store = new LocalStore();
  onTestFinished(() => store[Symbol.dispose]());
  const { reader } = store;
  const read = {
    attachedFeedback: vi.fn(async (...[keys]: Parameters<FeedbackQueueOptions['store']['read']['attachedFeedback']>) =>
      attachedFeedback(reader, keys),
    ),
    interaction: vi.fn(async (id: string, project?: string) => reader.interaction(id, project)),
    openFeedback: async (sinceUs: number, limit: number) => openFeedback(reader, sinceUs, limit),
  };
  const sent: Feedback[] = [];
  const warnings: string[] = [];
  const options: FeedbackQueueOptions = {
    store: { read, note: async () => undefined, settled: async () => store.settle() },
    log: { warn: (message) => warnings.push(message) },
    send: (feedback) => sent.push(feedback),
  };
  const give = (id: string, about: Partial<Feedback>, receivedMillis = Date.now()) => {
    const feedback = { rating: 'negative', time: receivedMillis, ...about } as const;
    const { conversationId, ...names } = feedback;
    const named = conversationId === undefined ? names : { ...names, conversationName: conversationId };
    const entry = { id, ...named, atUs: receivedMillis * 1e3, data: { id, feedback } };
    store.write({ receivedBy: 'api', receivedUs: receivedMillis * 1e3, feedback: [entry] });
    return { id, project: 'default', receivedBy: 'api' };
  };
  return { queue: new FeedbackQueue(options), store, read, sent, warnings, give };
}

const answer = (responseId: string) => chat({ trace: responseId, span: '1', responseId, conversation: 'c1' });

it('sends feedback whose answer is stored and not indexed when the gateway ends', async () => {
  const { queue, store, sent, give } = openQueue();
  queue.add(give('f', { responseId: 'r1' }));
  store.spans([answer('r1')]);
  await queue.close();
  expect(sent).toMatchObject([{ responseId: 'r1', traceId: answer('r1').traceId }]);
});

it('names the answer and not its conversation, of which it may not be the latest', async () => {
  const { queue, store, sent, give } = openQueue();
  const { traceId, spanId } = chat({ trace: 'a', span: '1', conversation: 'c1' });
  store.spans([chat({ trace: 'a', span: '1', conversation: 'c1' })]);
  store.settle();
  queue.add(give('by-span', { traceId, spanId }));
  queue.add(give('by-conversation', { conversationId: 'c1' }));
  await queue.close();
  expect(sent).toMatchObject([
    { traceId, spanId },
    { traceId, spanId },
  ]);
  for (const feedback of sent) expect(feedback).not.toHaveProperty('conversationId');
});

it('checks all that came while a check was waiting at once, and reads only what has its answer', async () => {
  const { queue, store, read, sent, give } = openQueue();
  store.spans([answer('r7')]);
  store.settle();
  for (let index = 0; index < 100; index += 1) queue.add(give(`f${index}`, { responseId: `r${index}` }));
  await queue.close();
  expect(sent).toMatchObject([{ responseId: 'r7' }]);
  // One for all, and the last one.
  expect(read.attachedFeedback).toHaveBeenCalledTimes(2);
  const found = await Promise.all(read.attachedFeedback.mock.settledResults.map(({ value }) => value));
  expect(found.flat().filter((each) => each !== 'open')).toMatchObject([{ id: 'f7' }]);
});

it('keeps feedback when its answer cannot be read, and sends it with the next check', async () => {
  const { queue, store, read, sent, warnings, give } = openQueue();
  store.spans([answer('r1')]);
  store.settle();
  read.interaction.mockRejectedValueOnce(new Error('busy'));
  queue.add(give('f', { responseId: 'r1' }));
  await vi.waitFor(() => expect(warnings).toEqual(['feedback was not sent on yet: busy']));
  expect(sent).toEqual([]);
  await queue.close();
  expect(sent).toMatchObject([{ responseId: 'r1' }]);
});

it('sends feedback that replaces another while that is being sent', async () => {
  const { queue, store, read, sent, give } = openQueue();
  store.spans([answer('r1')]);
  store.settle();
  read.interaction.mockImplementationOnce(async (id, project) => {
    queue.add(give('f', { responseId: 'r1', rating: 'positive' }));
    return store.reader.interaction(id, project);
  });
  queue.add(give('f', { responseId: 'r1' }));
  await queue.close();
  expect(sent.map(({ rating }) => rating)).toEqual(['negative', 'positive']);
});

it('does not wait for an answer longer than a day, also over a restart', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const { queue, store, sent, give } = openQueue();
  give('older', { responseId: 'r1' }, Date.now() - DAY_MILLIS - 1_000);
  give('old', { responseId: 'r2' }, Date.now() - DAY_MILLIS / 2);
  await queue.load();
  vi.advanceTimersByTime(DAY_MILLIS / 2);
  queue.add(give('new', { responseId: 'r3' }));
  store.spans(['r1', 'r2'].map(answer));
  store.settle();
  queue.progressed();
  await queue.close();
  expect(sent).toMatchObject([{ responseId: 'r2' }]);

  const later = openQueue();
  later.queue.add(later.give('waits', { responseId: 'r4' }));
  vi.advanceTimersByTime(DAY_MILLIS);
  later.store.spans([answer('r4')]);
  await later.queue.close();
  expect(later.sent).toEqual([]);
});

it('says once that it forgets the oldest', async () => {
  const { queue, warnings } = openQueue();
  for (let index = 0; index < 1_000; index += 1) queue.add({ id: `f${index}`, project: 'default', receivedBy: 'api' });
  expect(warnings).toEqual([]);
  for (let index = 0; index < 3; index += 1) queue.add({ id: `g${index}`, project: 'default', receivedBy: 'api' });
  await queue.close();
  expect(warnings).toEqual([expect.stringContaining('feedback on 1000 answers')]);
});
