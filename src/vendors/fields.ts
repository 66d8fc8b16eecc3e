import type { Interaction } from '../interaction/interaction.ts';

/** The parts of an interaction that vendors take apart. */
type Group = 'usage' | 'cost' | 'user' | 'agent' | 'run' | 'parameters' | 'serviceTier' | 'messageIds';
type MemberOf<G extends Group> = `${G}.${keyof NonNullable<Interaction[G]> & string}`;
type OutcomeMember = 'outcome.status' | 'outcome.type' | 'outcome.message' | 'outcome.httpStatus';

/** A field of an interaction, such as `requestModel` or `usage.inputTokens`. */
export type InteractionField =
  | Exclude<keyof Interaction, Group | 'outcome'>
  | { [G in Group]: MemberOf<G> }[Group]
  | OutcomeMember;

/** One field of what a vendor receives. */
export interface VendorField {
  /** Its path in the JSON of a request, with `[]` for the items of a list: `messages[].role`. Covers all below it. */
  readonly path: string;
  readonly meaning: string;
  /** What it is made of; of several, the first that is known, unless the meaning says otherwise. None for constants. */
  readonly from: readonly InteractionField[];
  /** What it is read back into, where that is something else than {@link from}. */
  readonly back?: readonly InteractionField[];
}

/**
 * How a vendor's payload is made with the default options, as data: for its README, for its tests, and for people who
 * compare what each vendor gets. A field of an interaction that is neither `changed` nor `lost` comes back as it was.
 */
export interface VendorFields {
  readonly fields: readonly VendorField[];
  /** Fields that may come back differently, and how. */
  readonly changed: Readonly<Partial<Record<InteractionField, string>>>;
  /** Fields that do not come back. */
  readonly lost: readonly InteractionField[];
}

/** Members of an interaction's groups, for lists of what is lost as a whole. */
export const groupFields = {
  agent: ['agent.id', 'agent.name', 'agent.description', 'agent.version'],
  run: ['run.id', 'run.status', 'run.createdAt', 'run.startedAt', 'run.completedAt'],
  messageIds: ['messageIds.in', 'messageIds.out'],
  userDetails: [
    'user.email',
    'user.fullName',
    'user.firstName',
    'user.lastName',
    'user.phone',
    'user.gender',
    'user.isAuthenticated',
  ],
  /** Tokens by kind, as OpenAI counts them in a completion. */
  tokenDetails: [
    'usage.cacheReadInputTokens',
    'usage.cacheWriteInputTokens',
    'usage.reasoningOutputTokens',
    'usage.textInputTokens',
    'usage.imageInputTokens',
    'usage.audioInputTokens',
    'usage.textOutputTokens',
    'usage.imageOutputTokens',
    'usage.audioOutputTokens',
  ],
  /** Counts that OpenAI's completion has no place for. */
  otherTokens: [
    'usage.textCacheReadInputTokens',
    'usage.imageCacheReadInputTokens',
    'usage.audioCacheReadInputTokens',
    'usage.estimated',
  ],
  /** Parameters of a chat call, as `create` takes them. */
  chatParameters: [
    'parameters.maxTokens',
    'parameters.choiceCount',
    'parameters.temperature',
    'parameters.topP',
    'parameters.frequencyPenalty',
    'parameters.presencePenalty',
    'parameters.stopSequences',
    'parameters.seed',
    'parameters.stream',
    'parameters.reasoningLevel',
    'parameters.outputType',
  ],
  /** Parameters of embeddings and of streams that are resumed. */
  otherParameters: ['parameters.encodingFormats', 'parameters.dimensionCount', 'parameters.streamCursor'],
  /** Of the connection and of background responses: no vendor has a place for them. */
  transport: [
    'parentSpanId',
    'api',
    'serverAddress',
    'serverPort',
    'responseStatus',
    'previousResponseId',
    'timeToFirstChunk',
    'chunkCount',
  ],
} as const satisfies Readonly<Record<string, readonly InteractionField[]>>;

/** The same change for several fields. */
export function eachChanged(
  fields: readonly InteractionField[],
  how: string,
): Readonly<Partial<Record<InteractionField, string>>> {
  return Object.fromEntries(fields.map((field) => [field, how]));
}
