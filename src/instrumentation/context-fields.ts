import { type Context, createContextKey } from '@opentelemetry/api';
import { type Facts, isContentField } from '../interaction/interaction.ts';
import { type Mask, maskJson, maskSecrets } from '../interaction/mask.ts';
import { factsInBaggage } from './baggage.ts';

const FIELDS = createContextKey('spanport.fields');

/** The fields of one `withContext`. Every span inside it has them, so they are masked once. */
class Fields {
  readonly facts: Facts;
  #mask: Mask | undefined;
  #masked: Facts | undefined;

  constructor(facts: Facts) {
    this.facts = facts;
  }

  maskedBy(mask: Mask): Facts {
    if (!this.#masked || this.#mask !== mask) {
      this.#mask = mask;
      this.#masked = maskedFacts(this.facts, mask);
    }
    return this.#masked;
  }
}

export function withFields(active: Context, facts: Facts): Context {
  return active.setValue(FIELDS, new Fields(facts));
}

function fieldsIn(active: Context): Fields | undefined {
  return active.getValue(FIELDS) as Fields | undefined;
}

/**
 * The fields of `withContext`: set in this process or, where baggage is carried, in the service that called this one.
 */
export function contextFields(active: Context, carriesBaggage: boolean): Facts | undefined {
  const facts = fieldsIn(active)?.facts;
  const carried = carriesBaggage ? factsInBaggage(active) : undefined;
  return carried ? Object.assign(carried, facts) : facts;
}

/** As {@link contextFields}, with their texts masked, except content, which is masked when it is read. */
export function maskedContextFields(active: Context, carriesBaggage: boolean, mask: Mask): Facts | undefined {
  const facts = fieldsIn(active)?.maskedBy(mask);
  const carried = carriesBaggage ? factsInBaggage(active) : undefined;
  return carried ? Object.assign(maskedFacts(carried, mask), facts) : facts;
}

/** Records are found by these. The application's own mask could give many of them the same text. */
const ids: ReadonlySet<string> = new Set(['conversationId', 'sessionId', 'customerId', 'taskId']);

function maskedFacts(facts: Facts, mask: Mask): Facts {
  const masked: Record<string, unknown> = {};
  for (const name of Object.keys(facts) as (keyof Facts)[])
    masked[name] = isContentField(name) ? facts[name] : maskedField(name, facts[name], mask);
  return masked;
}

function maskedField(name: string, value: unknown, mask: Mask): unknown {
  if (ids.has(name)) return maskJson(value, maskSecrets);
  const { id, ...user } = ((name === 'user' && value) || {}) as NonNullable<Facts['user']>;
  if (id === undefined) return maskJson(value, mask);
  return Object.assign({ id: maskJson(id, maskSecrets) }, maskJson(user, mask));
}
