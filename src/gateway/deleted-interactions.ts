import { RecentMap } from '../bounded/recent-map.ts';
import { answerInKey } from '../exporter/feedback-key.ts';
import { keyIn, partsOf } from '../exporter/project-keys.ts';
import type { Interaction } from '../interaction/interaction.ts';
import type { ErasedInteraction } from '../store/port.ts';
import { interactionKeyOf, isAnswerKey } from './record-keys.ts';

/** Settles records of deleted interactions without a request. Every destination takes this answer for a success. */
export const WITHOUT_REQUEST = { status: 200, headers: {}, body: '{"status":"ok"}' } as const;

/** Each interaction has up to three names. */
const MAX_NAMES = 60_000;

/** Interactions that were deleted while requests for their records may be under way. */
export class DeletedInteractions {
  readonly #names = new RecentMap<true>({ maxWeight: MAX_NAMES });

  constructor(interactions: readonly ErasedInteraction[] = []) {
    this.add(interactions);
  }

  add(interactions: readonly ErasedInteraction[]): void {
    for (const each of interactions) for (const name of namesOf(each, each.project)) this.#names.set(name, true);
  }

  /** It was received again. */
  restore(interaction: Interaction, project: string): void {
    for (const name of namesOf(interaction, project)) this.#names.delete(name);
  }

  has({ project, interaction }: { readonly project: string; readonly interaction: string }): boolean {
    return this.#names.get(keyIn(project, interaction)) === true;
  }

  /** @param key of a record, or of feedback on one */
  hasRecord(key: string): boolean {
    const { project, id } = partsOf(key);
    const answer = answerInKey(id);
    if (answer !== undefined) return this.has({ project, interaction: answer });
    const base = interactionKeyOf(id);
    // The key of an answer names its server as well.
    const names = isAnswerKey(base) ? [id, answerName(base.slice(base.lastIndexOf(':') + 1))] : [id, base];
    return names.some((name) => this.has({ project, interaction: name }));
  }
}

type Named = Pick<Interaction, 'id' | 'traceId' | 'spanId' | 'responseId'>;

function namesOf({ id, traceId, spanId, responseId }: Named, project: string): string[] {
  const names = [id, `${traceId}:${spanId}`, ...(responseId === undefined ? [] : [answerName(responseId)])];
  return names.map((name) => keyIn(project, name));
}

function answerName(responseId: string): string {
  return `response:${responseId}`;
}
