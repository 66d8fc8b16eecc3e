import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Environment } from '../configuration/environment.ts';
import { createTransport, type Transport } from '../delivery/http/transport.ts';
import { forgetDelivered } from '../delivery/spool/inspect.ts';
import type { SpanListener } from '../exporter/destination.ts';
import { type DestinationContext, planDestination } from '../exporter/destinations/open-destination.ts';
import type { Pipeline } from '../exporter/pipeline.ts';
import { keyIn } from '../exporter/project-keys.ts';
import { ProjectPipelines } from '../exporter/project-pipelines.ts';
import { resolveContent } from '../exporter/settings.ts';
import type { Interaction } from '../interaction/interaction.ts';
import type { Mask } from '../interaction/mask.ts';
import { interactionFrom } from '../semconv/from-spans.ts';
import { withProject } from '../semconv/project.ts';
import type { SpanData } from '../semconv/span-data.ts';
import { spanDataOf } from '../semconv/to-span.ts';
import type { InteractionToSend } from '../store/background.ts';
import type { Selection } from '../store/lists.ts';
import type { DeliveryNote, ErasedInteraction } from '../store/port.ts';
import type { FoundInteraction } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import type { FeedbackKey } from '../store/stored-feedback.ts';
import type { RouteChanges } from '../vendors/routes.ts';
import { DeadLetters } from './dead-letters.ts';
import { WITHOUT_REQUEST } from './deleted-interactions.ts';
import { DeliveryNotes, recordKeysOf, storedOwnerOf, type Underway } from './delivery-notes.ts';
import { FeedbackMark } from './feedback-mark.ts';
import { FeedbackQueue, type FeedbackToSend } from './feedback-queue.ts';
import { gatewayIdOf } from './gateway-id.ts';
import type { Log } from './log.ts';
import { answerExcerpt } from './own-secrets.ts';
import { gatewaysIn, MAX_PASSED, type Origin, PASSED, PASSED_HEADER } from './passed-gateways.ts';

export interface ForwarderOptions {
  /** Names of destinations, as in `SPANPORT_DESTINATIONS`. */
  readonly names: readonly string[];
  readonly environment: Environment;
  readonly store: Store;
  readonly mask: Mask;
  readonly log: Log;
  /** Called after notes were stored. */
  readonly onNoted: (notes: readonly DeliveryNote[]) => void;
}

const RESEND_MILLIS = 5_000;
/** Interactions that one request sends again, and how many of them at a time. */
const MAX_SENT_AGAIN = 10_000;
const LIST_PAGE = 500;
const PORTION = 100;
const SPOOL_BYTES = 268_435_456;

/** Sends what is stored on to destinations, through the pipeline and the spool that applications use. */
export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #spoolFolder: string;
  readonly #self: string;
  /** One for each destination: an interaction does not go back to where it came from. */
  readonly #pipelines = new Map<string, ProjectPipelines>();
  readonly #notes: DeliveryNotes<Followed>;
  readonly #dead: DeadLetters<Followed>;
  /** Undefined without destinations. */
  readonly #feedback: FeedbackQueue | undefined;
  /** The gateways that sent something to this one: a record that is not followed may have come from any of them. */
  readonly #senders = new Set<string>();
  /** The last range that is sent to each destination: one after the other. */
  readonly #sending = new Map<string, Promise<void>>();
  #isClosing = false;

  /** @throws ConfigurationError for a destination that cannot work */
  constructor(options: ForwarderOptions) {
    this.#options = options;
    const { names, environment, store, mask } = options;
    this.#spoolFolder = join(store.folder, 'spool');
    this.#notes = new DeliveryNotes<Followed>({
      write: (notes) => this.#write(notes),
      find: (key) => this.#find(key),
      excerpt: answerExcerpt(environment, mask),
      spoolFolder: this.#spoolFolder,
    });
    this.#dead = new DeadLetters({ spoolFolder: this.#spoolFolder, store, notes: this.#notes });
    this.#self = gatewayIdOf(store.folder, options.log);
    const context = this.#context(environment);
    const planned = names.map((name) => [name, planDestination(name, context)] as const);
    for (const [name, open] of planned) {
      const pipelines = new ProjectPipelines([open], {
        mask,
        transport: (_, connection) => this.#marking(createTransport(connection)),
        onAttempt: (attempt) => this.#notes.attempted(attempt),
        report: (message) => this.#options.log.warn(message),
      });
      this.#pipelines.set(name, pipelines);
    }
    const send = this.#sendFeedback.bind(this);
    const { log } = options;
    const mark = new FeedbackMark(store.folder, log);
    this.#feedback = names.length > 0 ? new FeedbackQueue({ store, log, mark, send }) : undefined;
  }

  get names(): readonly string[] {
    return [...this.#pipelines.keys()];
  }

  /** @param vendor whose API they came by, to which they do not go back */
  take(spans: readonly SpanData[], project: string, vendor?: string): void {
    if (this.#pipelines.size === 0) return;
    for (const span of spans) {
      const passed = gatewaysIn(span.resource[PASSED]);
      if (!this.#mayForward(passed)) continue;
      const marked = this.#marked(span, passed);
      const interaction = interactionFrom(span);
      const origin = { project, passed };
      for (const name of this.#pipelines.keys()) if (name !== vendor) this.#send(name, marked, origin, interaction);
    }
  }

  /** Forwards what a vendor's client wrote. @param header the value of {@link PASSED_HEADER}, where another gateway sent it */
  takeChanges(vendor: string, changes: RouteChanges, project: string, header: string | undefined): void {
    const { interactions = [], replacedInteractions = [], updatedInteractionIds = [], feedback = [] } = changes;
    const passed = gatewaysIn(header);
    if (!this.#mayForward(passed)) return;
    const updated = new Set(updatedInteractionIds);
    const spans = interactions.flatMap((interaction) => {
      if (updated.has(interaction.id)) return [];
      const span = spanDataOf(interaction);
      return [{ ...span, resource: { ...span.resource, [PASSED]: passed.join(',') } }];
    });
    this.take(spans, project, vendor);
    const replaced = replacedInteractions.map(({ interaction }) => interaction);
    const others = [...interactions.filter(({ id }) => updated.has(id)), ...replaced];
    for (const interaction of others) void this.#update(vendor, interaction, { project, passed });
    for (const { id } of feedback) this.takeFeedback({ id, project, receivedBy: vendor });
  }

  /**
   * Changes an interaction at the destinations that have it and can change it. It may have been sent to the vendor whose
   * client changes it, when it came in by another API.
   */
  async #update(vendor: string, interaction: Interaction, origin: Origin): Promise<void> {
    const { log, store } = this.#options;
    try {
      await this.#notes.flush();
      const known = await store.read.deliveriesOf(interaction.id, origin.project);
      for (const [name, pipelines] of this.#pipelines) {
        const isSent = known.some(({ destination, state }) => destination === name && state !== 'skipped');
        if (isSent) this.#change(pipelines.of(origin.project), name, interaction, origin);
        else if (name !== vendor) {
          this.#send(name, this.#marked(spanDataOf(interaction), origin.passed), origin, interaction);
        }
      }
    } catch (error) {
      log.warn(`a change of ${interaction.id} was not sent on: ${(error as Error).message}`);
    }
  }

  #change(pipeline: Pipeline, name: string, interaction: Interaction, origin: Origin): void {
    const { destinations } = pipeline;
    const revision = randomUUID();
    const followed = { ...origin, interaction: interaction.id };
    this.#notes.follow(interaction, followed);
    // What is sent already is encoded, so that the change comes after it.
    pipeline.drain();
    const stored = (): void => undefined;
    const settled: SpanListener['settled'] = (outcome) => this.#notes.settled(followed, name, outcome);
    for (const destination of destinations) destination.update?.(interaction, revision, { stored, settled });
  }

  /** Sends stored feedback to the destinations that have a call for it, once its answer has come. */
  takeFeedback(key: FeedbackKey): void {
    this.#feedback?.add(key);
  }

  /** To be awaited before anything is received. */
  readonly open = async (): Promise<void> => this.#feedback?.load();

  /** Called after changes of the store. */
  readonly progressed = (): void => this.#feedback?.progressed();

  #sendFeedback({ feedback, project, from, answer }: FeedbackToSend): void {
    for (const [name, pipelines] of this.#pipelines) {
      if (name === from) continue;
      const pipeline = pipelines.of(project);
      // The destination knows the answer by then.
      pipeline.drain();
      for (const destination of pipeline.destinations) destination.feedback?.(feedback, answer);
    }
  }

  /** Sends one interaction again. @returns whether there is such a destination */
  async resend(id: string, name: string, project?: string): Promise<boolean> {
    const pipelines = this.#pipelines.get(name);
    const found = await this.#options.store.read.interactionToSend(id, project);
    if (!pipelines || !found) return false;
    this.#sendStored(pipelines, name, [found]);
    return true;
  }

  /**
   * Sends a selection again in the background, the oldest first: a conversation's history grows. It also goes to a
   * destination that it came from, since it was requested.
   */
  async sendAgain(name: string, selection: Selection): Promise<{ interactions: number; isPartial: boolean }> {
    const { read } = this.#options.store;
    const keys: { readonly id: string; readonly project: string }[] = [];
    let cursor: string | undefined;
    do {
      const limit = Math.min(LIST_PAGE, MAX_SENT_AGAIN - keys.length);
      const page = await read.interactions({ ...selection, limit, ...(cursor !== undefined && { cursor }) });
      keys.push(...page.items.map(({ id, project }) => ({ id, project })));
      cursor = page.next;
    } while (cursor !== undefined && keys.length < MAX_SENT_AGAIN);
    keys.reverse();
    const before = this.#sending.get(name) ?? Promise.resolve();
    this.#sending.set(
      name,
      before.then(() => this.#sendAll(name, keys)),
    );
    return { interactions: keys.length, isPartial: cursor !== undefined };
  }

  /** A portion at a time, so that a slow destination fills neither the memory nor the spool. */
  async #sendAll(name: string, keys: readonly { readonly id: string; readonly project: string }[]): Promise<void> {
    const pipelines = this.#pipelines.get(name);
    try {
      for (let at = 0; pipelines && at < keys.length && !this.#isClosing; at += PORTION) {
        const reads = keys
          .slice(at, at + PORTION)
          .map(({ id, project }) => this.#options.store.read.interactionToSend(id, project));
        const found = (await Promise.all(reads)).filter((each) => each !== undefined);
        this.#sendStored(pipelines, name, found);
        await pipelines.flush(RESEND_MILLIS);
      }
    } catch (error) {
      this.#options.log.warn(`sending again to ${name} ended early: ${(error as Error).message}`);
    }
  }

  /** What was refused is sent as it was then, anything else as it is stored now. */
  #sendStored(pipelines: ProjectPipelines, name: string, all: readonly InteractionToSend[]): void {
    const replayed = this.#dead.replay(name, all);
    const isReplayed = ({ row }: FoundInteraction): boolean => replayed.has(keyIn(row.project, row.id));
    const others = all.filter((each) => !isReplayed(each));
    forgetDelivered(
      this.#spoolFolder,
      name,
      others.flatMap(({ row, interaction }) => recordKeysOf(interaction).map((key) => keyIn(row.project, key))),
    );
    for (const { row, interaction, span } of others)
      this.#send(name, span, { project: row.project, passed: [] }, interaction);
    for (const each of all.filter(isReplayed))
      this.#notes.waiting({ project: each.row.project, interaction: each.row.id }, name);
    void pipelines.flush(RESEND_MILLIS);
  }

  /** Puts all dead letters of a destination back into its queue. @returns how many */
  async resendAll(name: string): Promise<number> {
    const replayed = await this.#dead.replayAll(name);
    void this.#pipelines.get(name)?.flush(RESEND_MILLIS);
    return replayed;
  }

  /** Deletes the dead letters of a destination, also of one that this gateway does not forward to now. @returns how many */
  dropDead(name: string): Promise<number> {
    return this.#dead.dropAll(name);
  }

  /** The same for the dead letter of one interaction. */
  async dropOne(id: string, name: string, project?: string): Promise<number> {
    const found = await this.#options.store.read.interaction(id, project);
    return found ? this.#dead.drop(name, found) : 0;
  }

  /** Sends nothing more of interactions that were deleted. */
  readonly forget = (deleted: readonly ErasedInteraction[]): Promise<void> => this.#dead.forget(deleted);

  /** Ends the destinations; what they have not sent stays on the disk for the next start. */
  async close(timeoutMillis: number): Promise<void> {
    this.#isClosing = true;
    await this.#feedback?.close();
    await Promise.all([...this.#pipelines.values()].map((pipeline) => pipeline.shutdown(timeoutMillis)));
    await this.#notes.flush();
  }

  #context(environment: Environment): DestinationContext {
    return {
      environment,
      content: resolveContent(undefined, environment),
      contentOnSpans: false,
      spool: { dir: this.#spoolFolder, maxBytes: SPOOL_BYTES, durability: 'batch' },
      namedBy: '--forward or SPANPORT_FORWARD',
      warn: (message) => this.#options.log.warn(message),
    };
  }

  /** Whether what passed these gateways may go on, because it has not been here before. */
  #mayForward(passed: readonly string[]): boolean {
    for (const gateway of passed) if (this.#senders.size < MAX_PASSED) this.#senders.add(gateway);
    return passed.length < MAX_PASSED && !passed.includes(this.#self);
  }

  #marked(span: SpanData, passed: readonly string[]): SpanData {
    return { ...span, resource: { ...span.resource, [PASSED]: [...passed, this.#self].join(',') } };
  }

  /** Names the gateways that the records of a request have passed, this one included. */
  #marking(transport: Transport): Transport {
    return (request, signal, keys = []) => {
      if (keys.length > 0 && keys.every((key) => this.#notes.isForgotten(key))) return Promise.resolve(WITHOUT_REQUEST);
      const passed = keys.flatMap((key) => this.#notes.followedBy(key)?.passed ?? [...this.#senders]);
      const marker = [...new Set([...passed, this.#self])].join(',');
      return transport({ ...request, headers: { ...request.headers, [PASSED_HEADER]: marker } }, signal, keys);
    };
  }

  #send(destination: string, span: SpanData, origin: Origin, interaction: Interaction | undefined): void {
    const { project } = origin;
    const pipeline = this.#pipelines.get(destination)?.of(project);
    // The next gateway does not see the header that may have named it.
    const sent = withProject(span, project);
    if (interaction === undefined) {
      pipeline?.take(sent);
      return;
    }
    const followed = { ...origin, interaction: interaction.id };
    this.#notes.follow(interaction, followed);
    this.#notes.waiting(followed, destination);
    pipeline?.take(sent, {
      settled: (settlements) => {
        for (const { outcome } of settlements) this.#notes.settled(followed, destination, outcome);
      },
    });
  }

  async #find(key: string): Promise<Followed | undefined> {
    const found = await storedOwnerOf(key, this.#options.store.read);
    return found && { project: found.row.project, interaction: found.row.id, passed: [] };
  }

  async #write(notes: readonly DeliveryNote[]): Promise<void> {
    try {
      await this.#options.store.note(notes);
      this.#options.onNoted(notes);
    } catch (error) {
      this.#options.log.warn(`the state of ${notes.length} deliveries was not stored: ${(error as Error).message}`);
    }
  }
}

type Followed = Underway & Origin;
