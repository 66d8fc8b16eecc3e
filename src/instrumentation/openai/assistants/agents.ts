import { BoundedMap } from '../../../bounded/bounded-map.ts';
import type { Agent } from '../../../interaction/interaction.ts';
import { known } from '../readers/assistants.ts';
import type { WireAssistant } from '../readers/assistants-wire.ts';

const MAX_AGENTS = 1_000;
const MAX_AGE_MILLIS = 24 * 60 * 60_000;

/**
 * A run contains only the id of its assistant. Name and description are remembered from earlier answers that contained
 * the assistant itself.
 */
export class Agents {
  readonly #seen = new BoundedMap<Agent>(MAX_AGENTS, MAX_AGE_MILLIS);

  remember(key: string, assistant: WireAssistant): Agent {
    const agent = readAgent(assistant);
    this.#seen.set(key, agent);
    return agent;
  }

  get(key: string): Agent | undefined {
    return this.#seen.get(key);
  }
}

function readAgent({ id, name, description }: WireAssistant): Agent {
  return { id, ...known({ name: name || undefined, description: description || undefined }) };
}
