import { isSdkDisabled } from '../configuration/sdk-disabled.ts';
import { diag } from '../diagnostics/diag.ts';
import { type ContentMode, REDACTED } from '../exporter/content-policy.ts';
import type { SpanDestination } from '../exporter/destination.ts';
import { type Amendment, clientAmendments } from '../instrumentation/client-amendments.ts';
import { recordOf } from '../interaction/unknown.ts';
import { reconify } from '../vendors/reconify/index.ts';
import {
  assistantRecord,
  type HandlerSession,
  maskedSession,
  type ReconifyUser,
  withSession,
} from '../vendors/reconify/log-assistant.ts';
import type { Vendor } from '../vendors/vendor.ts';
import { HandlerDeliveries } from './reconify-deliveries.ts';
import { currentDestinations, currentMask } from './tracing.ts';

/** Options of {@link reconifyOpenAIHandler}. */
export interface ReconifyHandlerOptions {
  /** Default: `RECONIFY_APP_KEY`. */
  readonly appKey?: string;
  /** Default: `RECONIFY_API_KEY`. */
  readonly apiKey?: string;
  /** Where records go, the whole URL. Default: `RECONIFY_TRACKER`, else Reconify's own. */
  readonly tracker?: string;
  /** Prints what is sent and what was answered, keys masked. Default false. */
  readonly debug?: boolean;
}

/** The interface of the former `reconify` module. */
export interface ReconifyHandler {
  /**
   * Logs one assistant run with its question and its answer, `null` where there was none. The application's objects
   * stay as they are. Never throws.
   */
  logAssistant(run: unknown, messageIn: unknown, messageOut: unknown): void;
  /** The user of all calls of this client that start from now on, and of all runs that are logged from now on. */
  setUser(user: ReconifyUser): void;
  /** The session of all calls that start and all runs that are logged from now on; the thread groups runs without one. */
  setSession(session: string | null): void;
  /** Idle minutes that end a session. */
  setSessionTimeout(minutes: number): void;
  /** Resolves when all that was logged is delivered, at the latest after five seconds. */
  forceFlush(): Promise<void>;
}

/**
 * The handler of the former `reconify` package, with the same calls: chats of this client are logged as they are made,
 * runs by `logAssistant`. It needs no `start()` and sends nowhere but to Reconify. Where a Reconify destination runs as
 * well, both share it, and each run is sent once.
 * @throws ConfigurationError without keys
 */
export function reconifyOpenAIHandler(openai: object, options: ReconifyHandlerOptions = {}): ReconifyHandler {
  if (isSdkDisabled(process.env)) return silentHandler();
  const { debug = false, ...given } = options;
  const settings = reconify.resolveOptions(given, process.env);
  const say = debug ? (text: string): void => console.log(`reconify: ${text}`) : (): void => {};

  let session: HandlerSession = { user: {}, session: null, sessionTimeout: settings.sessionTimeout ?? null };
  const safeSession = (): HandlerSession => maskedSession(session, currentMask());
  const amendment = (): Amendment => {
    const current = safeSession();
    return (interaction) => withSession(interaction, current);
  };
  const key = JSON.stringify([debug, settings]);
  const destination = sharedOr(() => deliveries.open(openai, key, spoken(reconify, say), settings, amendment));
  clientAmendments.set(openai, reconify.name, amendment);
  destination();

  return {
    logAssistant(run, messageIn, messageOut): void {
      try {
        destination().send?.((content) => {
          const messages = [run, allowed(messageIn, content), allowed(messageOut, content)] as const;
          const mask = currentMask();
          const id = recordIdOf(openai, run);
          const record = assistantRecord(id, messages, safeSession(), mask, Date.now(), settings.maxRecordBytes);
          say(`transmitting ${JSON.stringify(record.payload)}`);
          return record;
        });
      } catch (error) {
        diag.error('spanport: a run could not be logged to Reconify', error);
      }
    },
    setUser(user): void {
      session = { ...session, user: user ?? {} };
    },
    setSession(id): void {
      session = { ...session, session: id };
    },
    setSessionTimeout(minutes): void {
      if (!Number.isNaN(Number(minutes))) session = { ...session, sessionTimeout: Number(minutes) };
    },
    async forceFlush(): Promise<void> {
      await destination().forceFlush();
    },
  };
}

const deliveries = new HandlerDeliveries(() => startedDestination() !== undefined);

/** The destination that `start` opened, whenever it did; a destination of the handler's own until then. */
function sharedOr(open: () => SpanDestination): () => SpanDestination {
  let own: SpanDestination | undefined;
  return () => {
    const started = startedDestination();
    if (started) return started;
    own ??= open();
    return own;
  };
}

function startedDestination(): SpanDestination | undefined {
  return currentDestinations().find(({ name }) => name === reconify.name);
}

/** A thread message without its words: who, when and where stay. */
function allowed(message: unknown, content: ContentMode): unknown {
  if (!recordOf(message) || content === 'full') return message;
  const text = content === 'redacted' ? [{ type: 'text', text: { value: REDACTED, annotations: [] } }] : [];
  return { ...recordOf(message), content: text, attachments: [], metadata: {} };
}

/** The id that a run's span gives its record, too: whichever comes first is sent. */
function recordIdOf(openai: object, run: unknown): string {
  const { baseURL = '' } = openai as { baseURL?: string };
  const host = URL.canParse(baseURL) ? new URL(baseURL).hostname : '';
  return `run:${host}:${String((run as { id?: unknown } | null | undefined)?.id ?? Date.now())}`;
}

/** The vendor, saying what was answered. */
function spoken<Options, Payload>(
  vendor: Vendor<Options, Payload>,
  say: (text: string) => void,
): Vendor<Options, Payload> {
  return {
    ...vendor,
    outcome(answer, asked) {
      const outcome = vendor.outcome(answer, asked);
      say(outcome.status === 'delivered' ? 'transmit success' : `transmit failure (HTTP ${answer.status})`);
      return outcome;
    },
  };
}

function silentHandler(): ReconifyHandler {
  const nothing = (): void => {};
  return {
    logAssistant: nothing,
    setUser: nothing,
    setSession: nothing,
    setSessionTimeout: nothing,
    forceFlush: () => Promise.resolve(),
  };
}
