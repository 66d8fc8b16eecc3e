import { recordOf } from '../../../interaction/unknown.ts';
import { asIdentified, asRun, type WireMessage, type WireStep } from '../readers/assistants-wire.ts';
import type { OpenRuns } from './open-runs.ts';
import type { ObservedRun } from './run.ts';
import type { RunRequest } from './run-requests.ts';

type Seen = (run: ObservedRun, data: unknown) => void;

const message =
  (see: (run: ObservedRun, message: WireMessage) => void): Seen =>
  (run, data) => {
    const found = asIdentified<WireMessage>(data);
    if (found) see(run, found);
  };

const step =
  (see: (run: ObservedRun, step: WireStep) => void): Seen =>
  (run, data) => {
    const found = asIdentified<WireStep>(data);
    if (found) see(run, found);
  };

const messageOver = message((run, found) => run.messages.add(found));
const stepOver = step((run, found) => run.tools.addStep(found));

/**
 * How each event of a run's stream is applied. Events of the run itself are applied according to its status instead.
 */
const eventReaders: Readonly<Record<string, Seen>> = {
  'thread.message.created': message((run, found) => run.messages.startMessage(found)),
  'thread.message.delta': (run, data) => run.messages.addDelta(data),
  'thread.message.completed': messageOver,
  'thread.message.incomplete': messageOver,
  'thread.run.step.created': step((run, found) => run.tools.startStep(found)),
  'thread.run.step.completed': stepOver,
  'thread.run.step.failed': stepOver,
  'thread.run.step.cancelled': stepOver,
  'thread.run.step.expired': stepOver,
};

/** An event as the SDK passes it to the application. */
export interface RunEvent {
  readonly event: string;
  readonly data: unknown;
}

export function isEvent(chunk: unknown): chunk is RunEvent {
  return typeof recordOf(chunk)?.['event'] === 'string';
}

export function applyEvent(runs: OpenRuns, run: ObservedRun, { event, data }: RunEvent, stream: RunRequest): void {
  const reader = eventReaders[event];
  if (reader) reader(run, data);
  else if (event.startsWith('thread.run.') && !event.startsWith('thread.run.step.')) {
    const wire = asRun(data);
    if (!wire) return;
    runs.update(run, wire, stream);
    stream.sentAt = undefined;
  }
}
