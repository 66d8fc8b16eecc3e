import { randomUUID } from 'node:crypto';
import { type ContentMode, feedbackFor } from '../exporter/content-policy.ts';
import { defined } from '../interaction/defined.ts';
import { type Mask, maskJson } from '../interaction/mask.ts';
import { DEFAULT_PROJECT } from '../semconv/project.ts';
import type { Store } from '../store/store.ts';
import type { Feedback } from '../vendors/feedback.ts';
import { feedbackFrom } from './api/handlers.ts';
import type { FeedbackRow, NewFeedback } from './api/routes.ts';
import { RequestError } from './body.ts';
import type { Forwarder } from './forwarder.ts';
import { feedbackEntry } from './vendor-writes.ts';

export interface ApiFeedbackOptions {
  readonly store: Store;
  readonly mask: Mask;
  /** How much content is stored. */
  readonly content: ContentMode;
  readonly forwarder: Forwarder;
}

/** What feedback is about. Without `interaction`: an answer that has not come yet, which is found by its names. */
interface Target {
  readonly project: string;
  readonly interaction?: string;
  readonly names: Pick<Feedback, 'traceId' | 'spanId' | 'responseId' | 'messageId' | 'conversationId'>;
}

/** Feedback that comes by `/api`. */
export class ApiFeedback {
  readonly #options: ApiFeedbackOptions;

  constructor(options: ApiFeedbackOptions) {
    this.#options = options;
  }

  /** @throws RequestError where nothing is named, or what is named is not there and cannot come later */
  async add(input: NewFeedback): Promise<FeedbackRow> {
    const { store, mask, content, forwarder } = this.#options;
    const { project, interaction, names } = await this.#targetOf(input);
    const { reasons, id = randomUUID(), rating, score, comment } = maskJson(input, mask);
    const time = Date.now();
    const feedback = defined({
      ...names,
      rating,
      score,
      comment,
      reasons: reasons?.map((reason) => defined(reason)),
      time,
    });
    const received = { id, feedback: feedbackFor(feedback, content) };
    const entry = { ...feedbackEntry(received), ...(interaction !== undefined && { interaction }) };
    await store.write({ project, receivedBy: 'api', receivedUs: time * 1e3, feedback: [entry] });
    forwarder.takeFeedback({ id, project, receivedBy: 'api' });
    return feedbackFrom({
      id,
      project,
      ...(interaction !== undefined && { interaction }),
      rating,
      at: time,
      receivedAt: time,
      receivedBy: 'api',
      data: received,
    });
  }

  async #targetOf(input: NewFeedback): Promise<Target> {
    const { read } = this.#options.store;
    const { interaction, conversation, project } = input;
    const names = defined({ responseId: input.responseId, messageId: input.messageId });
    if (interaction !== undefined)
      return (await this.#stored({ id: interaction, project }, names)) ?? laterSpan(interaction, project);
    for (const by of ['responseId', 'messageId'] as const) {
      const id = input[by];
      if (id === undefined) continue;
      const target = await this.#stored(await read.interactionNamedBy(by, id, project), names);
      // Clients send feedback at once, and the span of the answer may come after it.
      return target ?? { project: project ?? DEFAULT_PROJECT, names };
    }
    if (conversation === undefined) throw noTarget();
    const known = await read.conversation(conversation, project);
    const found = known && (await read.interactionNamedBy('conversation', known.id, project));
    const target = await this.#stored(found, defined({ conversationId: known?.conversationId }));
    if (!target) throw new RequestError(404, 'not-found', `There is no conversation '${conversation}'.`);
    return target;
  }

  async #stored(
    place: { readonly id: string; readonly project?: string | undefined } | undefined,
    names: Target['names'],
  ): Promise<Target | undefined> {
    const found = place && (await this.#options.store.read.interaction(place.id, place.project));
    if (!found) return undefined;
    const { id, project, traceId, spanId } = found.row;
    return { project, interaction: id, names: { ...names, ...defined({ traceId, spanId }) } };
  }
}

/** An interaction that is one span has its trace and its span as a name, so that feedback can name it before it comes. */
function laterSpan(interaction: string, project = DEFAULT_PROJECT): Target {
  const [, traceId, spanId] = /^([0-9a-f]{32}):([0-9a-f]{16})$/.exec(interaction) ?? [];
  if (traceId === undefined || spanId === undefined)
    throw new RequestError(404, 'not-found', `There is no interaction '${interaction}'.`);
  return { project, names: { traceId, spanId } };
}

function noTarget(): RequestError {
  return new RequestError(
    400,
    'no-target',
    'Name what the feedback is about: interaction, responseId, messageId or conversation.',
  );
}
