import type { Call } from '../../client/observer.ts';
import { Agents } from './agents.ts';
import { OpenRuns } from './open-runs.ts';
import { Threads } from './threads.ts';

/** What a recorder remembers of the Assistants API, for all clients. */
export class AssistantsState {
  readonly threads: Threads = new Threads();
  readonly agents: Agents = new Agents();
  readonly runs: OpenRuns = new OpenRuns(this.threads);
}

/** The server that a call goes to. Ids are unique on one server. */
export const scopeOf = ({ client }: Call): string => client.baseURL ?? '';
