import { expect, it, onTestFinished, vi } from 'vitest';
import { FeedbackQueue, type FeedbackQueueOptions } from '../../src/gateway/feedback-queue.ts';
import { attachedFeedback, type FeedbackKey, feedbackNamed, openFeedback } from '../../src/store/stored-feedback.ts';
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
    feedbackNamed: async (key: FeedbackKey) => feedbackNamed(reader, key),
  };
  const sent: Feedback[] = [];
  const mark: { at: number | undefined } = { at: undefined };
  const warnings: string[] = [];
  const options: FeedbackQueueOptions = {
    store: { read, note: async () => undefined, settled: async () => store.settle() },
    mark: { read: () => mark.at, write: (at) => Object.assign(mark, { at }) },
    log: { warn: (message) => warnings.push(message) },
    send: ({ feedback }) => void sent.push(feedback),
  };
  const give = (id: string, about: Partial<Feedback>, receivedMillis = Date.now(), receivedBy = 'api') => {
    const feedback = { rating: 'negative', time: receivedMillis, ...about } as const;
    const { conversationId, ...names } = feedback;
    const named = conversationId === undefined ? names : { ...names, conversationName: conversationId };
    const entry = { id, ...named, atUs: receivedMillis * 1e3, data: { id, feedback } };
    store.write({ receivedBy, receivedUs: receivedMillis * 1e3, feedback: [entry] });
    return { id, project: 'default', receivedBy };
  };
  const restarted = () => new FeedbackQueue(options);
  return { queue: restarted(), restarted, mark, store, read, sent, warnings, give };
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
  await vi.waitFor(() => expect(warnings).toEqual(['feedback was not sent on yet: busy']), 60_000);
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

it('sends feedback as it came if its answer does not come within a day', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const { queue, store, sent, give } = openQueue();
  queue.add(give('f', { responseId: 'r1', comment: 'slow' }));
  vi.advanceTimersByTime(DAY_MILLIS);
  queue.progressed();
  await vi.waitFor(() => expect(sent).toHaveLength(1), 60_000);
  expect(sent).toMatchObject([{ responseId: 'r1', comment: 'slow' }]);
  expect(sent[0]).not.toHaveProperty('traceId');
  // An answer that comes later changes nothing.
  store.spans([answer('r1')]);
  store.settle();
  queue.progressed();
  await queue.close();
  expect(sent).toHaveLength(1);
});

it("does not send what a vendor's client named and no answer came for", async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const { queue, read, sent, give } = openQueue();
  queue.add(give('f', { messageId: 'a name of Athina' }, Date.now(), 'athina'));
  vi.advanceTimersByTime(DAY_MILLIS);
  await queue.close();
  expect(sent).toEqual([]);
  expect(read.attachedFeedback).toHaveBeenLastCalledWith([expect.objectContaining({ id: 'f' })]);
});

it('sends at a start what has waited for a day, also while no gateway ran, and only once', async () => {
  const { queue, restarted, mark, store, sent, give } = openQueue();
  await queue.load();
  const now = Date.now();
  // As if the gateway had been stopped for three days.
  mark.at = now - 4 * DAY_MILLIS;
  give('before', { responseId: 'r0' }, now - 5 * DAY_MILLIS);
  give('three', { responseId: 'r3' }, now - 3 * DAY_MILLIS);
  give('two', { responseId: 'r2' }, now - 2 * DAY_MILLIS);
  give('young', { responseId: 'r1' }, now - DAY_MILLIS / 2);
  const second = restarted();
  await second.load();
  store.spans([answer('r1')]);
  await second.close();
  expect(sent.map(({ responseId }) => responseId)).toEqual(['r3', 'r2', 'r1']);
  const third = restarted();
  await third.load();
  await third.close();
  expect(sent).toHaveLength(3);
});

it('does not send what was received before the gateway knew how to', async () => {
  const { queue, restarted, sent, give } = openQueue();
  give('old', { responseId: 'r1' }, Date.now() - 2 * DAY_MILLIS);
  await queue.load();
  await queue.close();
  const again = restarted();
  await again.load();
  await again.close();
  expect(sent).toEqual([]);
});

it('sends the oldest without its answer where too many wait, and says so once', async () => {
  const { queue, sent, warnings, give } = openQueue();
  for (let index = 0; index < 1_000; index += 1) queue.add(give(`f${index}`, { responseId: `r${index}` }));
  expect(warnings).toEqual([]);
  for (let index = 1_000; index < 1_003; index += 1) queue.add(give(`f${index}`, { responseId: `r${index}` }));
  await queue.close();
  expect(warnings).toEqual([expect.stringContaining('feedback on 1000 answers')]);
  expect(sent.map(({ responseId }) => responseId)).toEqual(['r0', 'r1', 'r2']);
});

it('waits again after a restart, and only for what was not sent', async () => {
  const { queue, restarted, store, sent, give } = openQueue();
  const now = Date.now();
  await queue.load();
  for (let index = 0; index < 1_002; index += 1) queue.add(give(`f${index}`, { responseId: `r${index}` }, now + index));
  await queue.close();
  expect(sent).toHaveLength(2);
  const again = restarted();
  await again.load();
  store.spans([answer('r1'), answer('r2')]);
  await again.close();
  expect(sent.map(({ responseId }) => responseId)).toEqual(['r0', 'r1', 'r2']);
});
