import { existsSync } from 'node:fs';
import type { ContentMode } from '../exporter/content-policy.ts';
import { createMask } from '../interaction/mask.ts';
import { builtFile } from '../loading/own-files.ts';
import { VERSION } from '../loading/version.ts';
import type { DeliveryNote, ErasedInteraction } from '../store/port.ts';
import { Store } from '../store/store.ts';
import { Access, isLoopback } from './access.ts';
import { createApi } from './api/app.ts';
import { type ApiHost, createHandlers } from './api/handlers.ts';
import { LiveTail } from './api/live.ts';
import { ApiFeedback } from './api-feedback.ts';
import { RequestError } from './body.ts';
import { destinationSettings, listDestinations, requestFor, vendorFields } from './destinations.ts';
import { Discovery } from './discovery.ts';
import { Forwarder } from './forwarder.ts';
import type { GrpcServer } from './grpc.ts';
import { Metrics } from './metrics.ts';
import { type GatewayOptions, type ResolvedOptions, resolveGatewayOptions } from './options.ts';
import { Page } from './page.ts';
import { Receiver } from './receiver.ts';
import { describe, GatewayServer } from './server.ts';
import { VendorApis } from './vendor-apis.ts';

export type { ContentMode, GatewayOptions };

/** A gateway that runs in this process. */
export interface Gateway {
  /** Such as `http://127.0.0.1:4318`. */
  readonly url: string;
  /** Where OTLP over gRPC is received; undefined without it. */
  readonly grpcUrl: string | undefined;
  /** Finishes the requests in flight, writes everything to the disk and stops. It may be called more than once. */
  close(): Promise<void>;
}

const MAX_BYTES = 20 * 1_048_576;
const DRAIN_MILLIS = 5_000;
/** What an application sends at a time is indexed in a moment; more is load, and a list must not wait for it. */
const SMALL_BACKLOG = 100;
/** How long a read waits for the index: while others write, a moment. */
const SETTLE_MILLIS = 1_000;
const BUSY_SETTLE_MILLIS = 50;

/**
 * Starts the gateway: it receives OTLP and the vendors' own APIs, stores everything in a folder and answers queries.
 * Rejects with a ConfigurationError for wrong options, a StoreError for the data folder, and the system's error for a
 * port that is taken.
 */
export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const settings = resolveGatewayOptions(options, process.env);
  const threadFile = builtFile('store-thread.js');
  if (!threadFile)
    throw new Error('chunks/store-thread.js of spanport was not found. Install spanport next to the bundle.');
  let onProgress = (_sequence: number): void => undefined;
  const store = await Store.open({
    folder: settings.folder,
    retention: settings.retention,
    threadFile,
    onProgress: ({ sequence }) => onProgress(sequence),
  });
  try {
    const running = new RunningGateway(settings, store);
    onProgress = (sequence) => running.progressed(sequence);
    await running.listen();
    return running;
  } catch (error) {
    await store.close();
    throw error;
  }
}

class RunningGateway implements Gateway {
  readonly live: LiveTail;
  readonly #settings: ResolvedOptions;
  readonly #store: Store;
  readonly #access: Access;
  readonly #server: GatewayServer;
  readonly #discovery: Discovery | undefined;
  readonly #forwarder: Forwarder;
  readonly #receiver: Receiver;
  readonly #feedback: ApiFeedback;
  readonly #metrics: Metrics;
  #grpc: GrpcServer | undefined;
  readonly #startedAt = Date.now();
  #url = '';
  #closing: Promise<void> | undefined;

  constructor(settings: ResolvedOptions, store: Store) {
    this.#settings = settings;
    this.#store = store;
    this.#access = new Access(settings);
    this.#discovery = settings.discovery === undefined ? undefined : new Discovery(settings.discovery);
    this.live = new LiveTail(store);
    this.#metrics = new Metrics(() => store.progress);
    const { log } = settings;
    const mask = createMask(settings.mask);
    this.#forwarder = new Forwarder({
      names: settings.forward,
      environment: process.env,
      store,
      mask,
      log,
      onNoted: (notes) => this.#reportDeliveries(notes),
    });
    this.#receiver = new Receiver({
      store,
      mask,
      content: settings.content,
      onStored: (spans, project) => this.#forwarder.take(spans, project),
    });
    this.#feedback = new ApiFeedback({ store, mask, content: settings.content, forwarder: this.#forwarder });
    const handlers = createHandlers(this.#apiHost());
    this.#server = new GatewayServer({
      access: this.#access,
      api: createApi(handlers, {
        sessions: this.#access,
        version: VERSION,
        mask,
        onFailure: (error) => describe(error, log),
      }),
      live: this.live,
      log,
      metrics: this.#metrics,
      page: new Page(pageFolder()),
      receiver: this.#receiver,
      settled: () => this.#settled(),
      vendorApis: new VendorApis({
        store,
        clientKeys: settings.clientKeys,
        token: settings.token,
        mask,
        content: settings.content,
        maxBytes: MAX_BYTES,
        onChanges: (...change) => this.#forwarder.takeChanges(...change),
        onErased: (deleted) => this.#forget(deleted),
      }),
      maxBytes: MAX_BYTES,
      drainMillis: DRAIN_MILLIS,
      health: (challenge) => this.#health(challenge),
    });
  }

  get url(): string {
    return this.#url;
  }

  progressed(sequence: number): void {
    this.live.notify(sequence);
    this.#forwarder.progressed();
  }

  async listen(): Promise<void> {
    const { host, port, token } = this.#settings;
    await this.#forwarder.open();
    this.#access.port = await this.#server.listen(port, host);
    const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
    this.#url = `http://${name.includes(':') ? `[${name}]` : name}:${this.#access.port}`;
    await this.#listenGrpc();
    try {
      this.#discovery?.publish(this.#url, token);
    } catch (error) {
      this.#settings.log.warn(`applications cannot find the gateway by themselves: ${(error as Error).message}`);
    }
  }

  get grpcUrl(): string | undefined {
    return this.#grpc && `${this.#url.replace(/:\d+$/, '')}:${this.#grpc.port}`;
  }

  async #listenGrpc(): Promise<void> {
    const { grpcPort, host, log } = this.#settings;
    if (grpcPort === undefined) return;
    // Loaded only where gRPC is received, because the package is large and optional.
    const { startGrpc } = await import('./grpc.ts');
    const parts = { access: this.#access, receiver: this.#receiver, metrics: this.#metrics, log, maxBytes: MAX_BYTES };
    this.#grpc = await startGrpc(host, grpcPort, parts);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#discovery?.withdraw();
    await Promise.all([this.#server.close(), this.#grpc?.close()]);
    await this.#forwarder.close(DRAIN_MILLIS);
    await this.#store.close();
  }

  /** Waits for a small backlog, so that a page requested immediately shows what has just been sent; not under load. */
  async #settled(): Promise<void> {
    const { isWriting, progress } = this.#store;
    if (progress.backlog === 0 || progress.backlog >= SMALL_BACKLOG) return;
    await this.#store.settled(isWriting ? BUSY_SETTLE_MILLIS : SETTLE_MILLIS);
  }

  async #forget(deleted: readonly ErasedInteraction[]): Promise<void> {
    try {
      await this.#forwarder.forget(deleted);
    } catch (error) {
      this.#settings.log.warn(`what was deleted may still be sent on: ${(error as Error).message}`);
    }
  }

  #reportDeliveries(notes: readonly DeliveryNote[]): void {
    if (this.live.streams === 0) return;
    const keys = new Map(notes.map((note) => [`${note.project}\n${note.interaction}`, note]));
    const reads = [...keys.values()].map(({ interaction, project }) =>
      this.#store.read.deliveriesOf(interaction, project),
    );
    // A failed read is not reported: the page reads the state again when it shows it.
    void Promise.all(reads).then(
      (rows) => this.live.deliveries(rows.flat()),
      () => undefined,
    );
  }

  /** The version is in the answer only on loopback, where no other machine can read it. */
  #health(challenge: string | undefined): object {
    const isChallenge = challenge !== undefined && /^[0-9a-f]{16,128}$/i.test(challenge);
    const proof = isChallenge ? this.#discovery?.proof(challenge) : undefined;
    return {
      status: 'ok',
      service: 'spanport',
      ...(isLoopback(this.#settings.host) && { version: VERSION }),
      ...(proof !== undefined && { proof }),
    };
  }

  #apiHost(): ApiHost {
    const forwarderTo = (name: string): Forwarder => {
      if (this.#forwarder.names.includes(name)) return this.#forwarder;
      throw new RequestError(
        409,
        'not-forwarded',
        `This gateway does not forward to '${name}'. Start it with --forward ${name}.`,
      );
    };
    const settingsOf = destinationSettings(this.#forwarder.names, process.env);
    return {
      store: this.#store,
      version: VERSION,
      startedAt: this.#startedAt,
      jaegerUrl: this.#settings.jaegerUrl,
      forwarded: this.#forwarder.names,
      url: () => this.#url,
      grpcUrl: () => this.grpcUrl,
      destinations: (within) => listDestinations(this.#store, this.#forwarder.names, settingsOf, within),
      request: (id, name, project) => requestFor(this.#store, id, name, process.env, project),
      resend: async (id, name, project) => Number(await forwarderTo(name).resend(id, name, project)),
      noteDeliveries: async (notes) => {
        await this.#store.note(notes);
        this.#reportDeliveries(notes);
      },
      resendAll: (name) => forwarderTo(name).resendAll(name),
      dropDead: (name) => this.#forwarder.dropDead(name),
      dropOne: (id, name, project) => this.#forwarder.dropOne(id, name, project),
      sendAgain: (name, selection) => forwarderTo(name).sendAgain(name, selection),
      addFeedback: (feedback) => this.#feedback.add(feedback),
      forget: (deleted) => this.#forget(deleted),
      vendorFields,
    };
  }
}

/** The built page is next to the chunks; a build without it serves the API alone. */
function pageFolder(): URL | undefined {
  const chunk = builtFile('store-thread.js');
  const folder = chunk && new URL('../ui/', chunk);
  return folder && existsSync(folder) ? folder : undefined;
}
