import { EVENT } from '../../../semconv/names.ts';
import type { TimedEvent } from '../../recording.ts';

/** The request that read a status. A stream also contains the run's messages. */
export type RunSource = 'create' | 'retrieve' | 'submit' | 'cancel' | 'list' | 'stream';

interface ObservedStatus {
  readonly status: string;
  readonly source: RunSource;
  /** Unix milliseconds. */
  readonly time: number;
}

/** OpenTelemetry's SDK keeps this many events of a span by default. */
const MAX_STATUSES = 128;

/** Every status of a run that a request read, as events for its span. */
export class RunStatuses {
  readonly #statuses: ObservedStatus[] = [];

  /** Beyond the limit, a status that repeats its neighbours is dropped: it does not say when the run changed. */
  add(observed: ObservedStatus): void {
    const statuses = this.#statuses;
    const last = statuses.at(-1);
    // A run that another process created is first updated with what is known of it, and then with the answer itself.
    if (last && last.status === observed.status && observed.time - last.time < 1 && observed.source === last.source)
      return;
    statuses.push(observed);
    if (statuses.length <= MAX_STATUSES) return;
    const repeated = statuses.findIndex(
      ({ status }, index) => statuses[index - 1]?.status === status && statuses[index + 1]?.status === status,
    );
    statuses.splice(repeated < 0 ? MAX_STATUSES >> 1 : repeated, 1);
  }

  events(): TimedEvent[] {
    return this.#statuses.map(({ status, source, time }) => ({
      name: EVENT.runStatus,
      time,
      attributes: { 'spanport.run.status': status, 'spanport.run.request': source },
    }));
  }
}
