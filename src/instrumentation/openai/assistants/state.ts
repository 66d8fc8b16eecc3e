import type { Call } from '../../client/observer.ts';
import { Agents } from './agents.ts';
import { OpenRuns } from './open-runs.ts';
import { Threads } from './threads.ts';

/** What this process remembers of the Assistants API: one memory, however many clients there are. */
export const threads: Threads = new Threads();
export const agents: Agents = new Agents();
export const runs: OpenRuns = new OpenRuns(threads);

/** The server that a call goes to: ids are unique there. */
export const scopeOf = ({ client }: Call): string => client.baseURL ?? '';
