import type { Interaction, Outcome, Scalar } from '../interaction/interaction.ts';
import type { Feedback, UsageEvent } from './feedback.ts';
import type { Condition } from './route-conditions.ts';

/**
 * The contract between a vendor's API and the gateway that serves it. A vendor's routes are pure: a request becomes a
 * {@link RouteStep}, which is an answer, or something that the gateway has to read or write first. Only the gateway has
 * a clock, a store and a network. Terms of a vendor stay in the vendor's folder.
 */

/** A client's request after transport: decompressed, parsed, within the gateway's limits. */
export interface RouteRequest {
  /** Unique, such as a random UUID. Records that their client gave no id get one that is derived from it. */
  readonly id: string;
  readonly method: string;
  /** Percent-decoded values of the `:names` in the route's path. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The parsed JSON body; undefined where there is none. A body that is not JSON never reaches a route. */
  readonly body: unknown;
  /** Unix milliseconds when the gateway received the request: the only clock of a route. */
  readonly receivedAt: number;
}

export interface RouteAnswer {
  readonly status: number;
  /** Besides `content-type`, which is `application/json` unless it is set here. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Written as JSON; undefined for an empty body. */
  readonly body: unknown;
}

export type RouteMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Route {
  readonly method: RouteMethod;
  /** Below the vendor's prefix, such as `/conversations/:id`. A trailing slash in a request is ignored. */
  readonly path: string;
  /**
   * Set where the route reads and then writes: requests with the same key run one after the other. Undefined for a
   * request that can run concurrently with any other.
   */
  readonly orderKey?: (request: RouteRequest) => string | undefined;
  /** @throws RouteError for a request that the vendor refuses */
  readonly handle: (request: RouteRequest) => RouteStep;
}

/** What a vendor serves under `/<vendor name>`. Loaded with `vendor.routes()`, since it brings zod. */
export interface VendorRoutes {
  readonly routes: readonly Route[];
  /**
   * Checks the credentials of a request where the gateway requires some; undefined lets it pass. Not called in open local
   * mode. Only this function and {@link errorAnswer} see a request before it is accepted.
   */
  readonly authorize: (
    request: RouteRequest,
    keys: ClientKeys,
  ) => RouteAnswer | undefined | Promise<RouteAnswer | undefined>;
  /** The key is in the body, which the gateway has to read first. Else `authorize` sees a request without its body. */
  readonly hasKeyInBody?: true;
  /** Any 4xx or 5xx in the vendor's own error format: for a {@link RouteError}, and for what the gateway itself refuses. */
  readonly errorAnswer: (error: RouteFailure) => RouteAnswer;
}

/** The keys that the gateway accepts. It compares in constant time and may note which project a key belongs to. */
export interface ClientKeys {
  /** Whether the client's key is valid. `id` is the public half where a vendor's key has two halves: Reconify's `appKey`. */
  accepts(secret: string, id?: string): boolean;
  /** The secrets that may have signed a token of this client. */
  secretsOf(clientId: string): readonly string[];
}

/** Why a request is refused. Holds no secrets. */
export interface RouteFailure {
  readonly status: number;
  /** One sentence for the client's developer. Names the field where one is at fault. */
  readonly message: string;
  /** The path of the field at fault, such as `messages.0.role`. */
  readonly field?: string;
}

/** Thrown by a route; the gateway answers with the vendor's `errorAnswer`. */
export class RouteError extends Error implements RouteFailure {
  override readonly name = 'RouteError';
  readonly status: number;
  readonly field?: string;

  constructor(status: number, message: string, field?: string) {
    super(message);
    this.status = status;
    if (field !== undefined) this.field = field;
  }
}

/** What the gateway does next. `next` is called with what was read, and once what was written is committed. */
export type RouteStep =
  | { readonly kind: 'answer'; readonly answer: RouteAnswer }
  | { readonly kind: 'write'; readonly changes: RouteChanges; readonly next: () => RouteStep }
  | ReadStep<'interactions', InteractionQuery, Interaction>
  | ReadStep<'conversations', ConversationQuery, StoredConversation>
  | ReadStep<'documents', DocumentQuery, VendorDocument>
  | ReadStep<'feedback', FeedbackQuery, ReceivedFeedback>
  | ReadStep<'events', EntryQuery, ReceivedEvent>;

interface ReadStep<Kind extends string, Query, Item> {
  readonly kind: Kind;
  readonly query: Query;
  readonly next: (page: Page<Item>) => RouteStep;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** The number of all matches, not only of this page. */
  readonly total: number;
}

/** What a request changes, in one transaction. */
export interface RouteChanges {
  /**
   * Created, or updated where the store has this trace id and span id. The store notes that they came from this vendor's
   * API; what it received as spans is more precise, so there only absent fields are filled. So are those of a record that a
   * client has replaced, unless `updatedInteractionIds` has it: a request that is sent again does not undo a change.
   */
  readonly interactions?: readonly Interaction[];
  /** Those of `interactions` that were stored before and are different now. */
  readonly updatedInteractionIds?: readonly string[];
  /** A client changed fields of a stored interaction, which now count more than what the store receives of it otherwise. */
  readonly replacedInteractions?: readonly ReplacedInteraction[];
  /** Other spans of a trace, such as the steps around calls to a model. */
  readonly spans?: readonly ReceivedSpan[];
  /** By interaction id, if they came from this vendor's API. */
  readonly deletedInteractionIds?: readonly string[];
  /** Created or replaced, by id. Forwarded to destinations that have a call for them. */
  readonly feedback?: readonly ReceivedFeedback[];
  readonly events?: readonly ReceivedEvent[];
  readonly deletedFeedbackIds?: readonly string[];
  /** Created or replaced, by collection and id. */
  readonly documents?: readonly VendorDocument[];
  /** With their interactions, documents, feedback and events. */
  readonly deletedConversationIds?: readonly string[];
}

export interface ReplacedInteraction {
  /** The whole interaction, with the changes. */
  readonly interaction: Interaction;
  /** Those that changed. */
  readonly fields: readonly (keyof Interaction)[];
}

/** A span that is not an interaction. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  /** Unix milliseconds. */
  readonly startTime: number;
  readonly endTime: number;
  readonly outcome: Outcome;
  readonly attributes?: Readonly<Record<string, Scalar>>;
  /** Content: input and output of the step, as JSON. */
  readonly input?: unknown;
  readonly output?: unknown;
}

/**
 * A record as the vendor's client wrote it, without its credentials, kept so that the client reads back what it wrote. A
 * vendor sees only its own documents.
 */
export interface VendorDocument {
  /** Such as `conversation` or `trace`. */
  readonly collection: string;
  readonly id: string;
  /** Another id by which clients ask for it. Without a conversation: the trace with whose interactions it is deleted. */
  readonly externalId?: string;
  /** The conversation with which it is deleted. */
  readonly conversationId?: string;
  /** Unix milliseconds of the last change. */
  readonly updatedAt: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface ReceivedFeedback {
  readonly id: string;
  readonly feedback: Feedback;
  /** As the client wrote it; absent where it came from elsewhere than this vendor's API. */
  readonly body?: Readonly<Record<string, unknown>>;
}

export interface ReceivedEvent {
  readonly id: string;
  readonly event: UsageEvent;
  readonly body?: Readonly<Record<string, unknown>>;
}

/** A conversation of the store: all interactions with this conversation id, or a document of it, or both. */
export interface StoredConversation {
  readonly id: string;
  /** Oldest first. */
  readonly interactions: readonly Interaction[];
  /** This vendor's document of the collection `conversation` with this id. */
  readonly document?: VendorDocument;
}

/** The part of a list that is read. */
export interface Paging {
  readonly offset?: number;
  readonly limit: number;
}

export interface InteractionQuery extends Paging {
  readonly where?: Condition;
  /** Default: the newest first. Equal values are ordered by interaction id. */
  readonly sort?: { readonly field: 'startTime' | 'duration'; readonly order: 'asc' | 'desc' };
}

/** The most recently changed first. */
export interface ConversationQuery extends Paging {
  readonly ids?: readonly string[];
  /** The external id of its document, or the trace id of one of its interactions. */
  readonly externalId?: string;
  /** Only those that changed since then, in Unix milliseconds. */
  readonly since?: number;
}

/** The most recently changed first. */
export interface DocumentQuery extends Paging {
  readonly collection: string;
  readonly ids?: readonly string[];
}

/** Of feedback and events: the newest first. */
export interface EntryQuery extends Paging {
  readonly ids?: readonly string[];
  /** Only those since then, in Unix milliseconds. */
  readonly since?: number;
}

export interface FeedbackQuery extends EntryQuery {
  readonly rating?: Feedback['rating'];
  /** About one of these messages. */
  readonly messageIds?: readonly string[];
  /** Only what this vendor's client wrote. */
  readonly isOwn?: boolean;
}

/** What a gateway offers to routes, for one vendor and one project. */
export interface RouteStore {
  interactions(query: InteractionQuery): Promise<Page<Interaction>>;
  conversations(query: ConversationQuery): Promise<Page<StoredConversation>>;
  documents(query: DocumentQuery): Promise<Page<VendorDocument>>;
  feedback(query: FeedbackQuery): Promise<Page<ReceivedFeedback>>;
  events(query: EntryQuery): Promise<Page<ReceivedEvent>>;
  /** Resolves once everything is committed. */
  write(changes: RouteChanges): Promise<void>;
}

/** Executes steps until there is an answer. */
export async function runSteps(first: RouteStep, store: RouteStore): Promise<RouteAnswer> {
  let step = first;
  while (step.kind !== 'answer') step = await stepAfter(step, store);
  return step.answer;
}

async function stepAfter(step: Exclude<RouteStep, { kind: 'answer' }>, store: RouteStore): Promise<RouteStep> {
  switch (step.kind) {
    case 'write':
      await store.write(step.changes);
      return step.next();
    case 'interactions':
      return step.next(await store.interactions(step.query));
    case 'conversations':
      return step.next(await store.conversations(step.query));
    case 'documents':
      return step.next(await store.documents(step.query));
    case 'feedback':
      return step.next(await store.feedback(step.query));
    case 'events':
      return step.next(await store.events(step.query));
  }
}

/** A route and the values in its path; else the methods that the path has, none for an unknown path. */
export type RouteMatch =
  | { readonly route: Route; readonly params: Readonly<Record<string, string>> }
  | { readonly allowedMethods: readonly RouteMethod[] };

/** Finds the route of a request. `path` is below the vendor's prefix and still percent-encoded. */
export function matchRoute({ routes }: VendorRoutes, method: string, path: string): RouteMatch {
  const allowedMethods: RouteMethod[] = [];
  for (const route of routes) {
    const params = paramsIn(path, route.path);
    if (params && route.method === method) return { route, params };
    if (params) allowedMethods.push(route.method);
  }
  return { allowedMethods };
}

function paramsIn(path: string, pattern: string): Readonly<Record<string, string>> | undefined {
  const segments = path.replace(/\/$/, '').split('/');
  const wanted = pattern.split('/');
  if (segments.length !== wanted.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, name] of wanted.entries()) {
    const text = segments[index] ?? '';
    if (!name.startsWith(':')) {
      if (text !== name) return undefined;
      continue;
    }
    const value = decoded(text);
    if (!value) return undefined;
    params[name.slice(1)] = value;
  }
  return params;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
