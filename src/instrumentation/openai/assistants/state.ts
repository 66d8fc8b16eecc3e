import type { Call } from '../../client/observer.ts';
import { Agents } from './agents.ts';
import { OpenRuns } from './open-runs.ts';
import { Threads } from './threads.ts';

/** What a recorder remembers of the Assistants API: one memory, however many clients there are. */
export class AssistantsState {
  readonly threads: Threads = new Threads();
  readonly agents: Agents = new Agents();
  readonly runs: OpenRuns = new OpenRuns(this.threads);
}

/** The server that a call goes to: ids are unique there. */
export const scopeOf = ({ client }: Call): string => client.baseURL ?? '';
