import { ATTR, EVENT } from '../../../semconv/names.ts';
import type { TimedEvent } from '../../recording.ts';
import type { Clock } from './clock.ts';

/** The kind of a request. A stream also contains the run's messages; lists of steps and messages contain no status. */
type RequestKind = 'create' | 'retrieve' | 'submit' | 'cancel' | 'list' | 'stream' | 'steps' | 'messages';

/** A request that the application makes for a run. */
export interface RunRequest {
  readonly kind: RequestKind;
  /** By `performance.now()`. Undefined after the first status of a stream: the later ones answer no request. */
  sentAt: number | undefined;
}

export function requestOf(kind: RequestKind): RunRequest {
  return { kind, sentAt: performance.now() };
}

interface Answer {
  readonly request: RunRequest;
  /** By `performance.now()`: read once, because the time and the duration of the request must agree. */
  readonly answeredAt: number;
  /** Undefined if the answer contains no status, or the request failed. */
  readonly status?: string;
  /** Undefined unless the run waits for tool calls. */
  readonly toolCallCount?: number | undefined;
  readonly errorType?: string;
}

/** OpenTelemetry's SDK keeps this many events of a span by default. */
const MAX_EVENTS = 128;

/** Every answer to a request of a run, as events for its span. */
export class RunRequests {
  readonly #events: TimedEvent[] = [];
  readonly #now: Clock;
  #last: RunRequest | undefined;

  constructor(now: Clock) {
    this.#now = now;
  }

  /**
   * Beyond the limit, answers without a status and then those that repeat the status of their neighbours are dropped:
   * they do not say when the run changed.
   */
  add(answer: Answer): void {
    const events = this.#events;
    const event = eventOf(answer, this.#now(answer.answeredAt));
    // A run that another process created is first updated with what is known of it, and then with the answer itself.
    if (answer.request === this.#last && statusOf(event) === statusOf(events.at(-1))) return;
    this.#last = answer.request;
    events.push(event);
    if (events.length <= MAX_EVENTS) return;
    const repeated = events.findIndex((each, index) => {
      const status = statusOf(each);
      return status === undefined || (statusOf(events[index - 1]) === status && statusOf(events[index + 1]) === status);
    });
    events.splice(repeated < 0 ? MAX_EVENTS >> 1 : repeated, 1);
  }

  events(): readonly TimedEvent[] {
    return [...this.#events];
  }
}

function eventOf({ request, answeredAt, status, toolCallCount, errorType }: Answer, time: number): TimedEvent {
  const { kind, sentAt } = request;
  return {
    name: status === undefined ? EVENT.runRequest : EVENT.runStatus,
    time,
    attributes: {
      ...(status !== undefined && { [ATTR.runStatus]: status }),
      ...(toolCallCount !== undefined && { [ATTR.runToolCallCount]: toolCallCount }),
      [ATTR.runRequest]: kind,
      ...(sentAt !== undefined && { [ATTR.runRequestDuration]: (answeredAt - sentAt) / 1_000 }),
      ...(errorType !== undefined && { [ATTR.errorType]: errorType }),
    },
  };
}

function statusOf(event: TimedEvent | undefined): unknown {
  return event?.attributes[ATTR.runStatus];
}
