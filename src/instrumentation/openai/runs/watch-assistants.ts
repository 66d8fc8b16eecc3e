import type { Agent } from '../../../interaction/interaction.ts';
import type { Call, CallObserver } from '../observer.ts';
import { asIdentified, itemsOf, type WireAssistant } from '../readers/assistants.ts';
import { agents, scopeOf } from './state.ts';
import { keyOf } from './threads.ts';
import { watchValue } from './watch-value.ts';

/** `assistants.retrieve`, `assistants.update` */
export function watchAssistant(call: Call): CallObserver {
  return watchValue((value) => seeAssistant(call, value));
}

/** `assistants.list` */
export function watchAssistants(call: Call): CallObserver {
  return watchValue((page) => {
    for (const item of itemsOf(page)) seeAssistant(call, item);
  });
}

/** `assistants.create`: a span of its own. */
export function watchNewAssistant(call: Call): CallObserver {
  return watchAssistant(call);
}

export function seeAssistant(call: Call, value: unknown): Agent | undefined {
  const assistant = asIdentified<WireAssistant>(value);
  return assistant && agents.see(keyOf(scopeOf(call), assistant.id), assistant);
}
