import type { Attempt } from '../delivery/delivery.ts';
import { keyIn } from '../exporter/project-keys.ts';
import type { Settlement } from '../exporter/settling.ts';
import { DeliveryNotes, type Underway } from '../gateway/delivery-notes.ts';
import { answerExcerpt } from '../gateway/own-secrets.ts';
import { maskSecrets } from '../interaction/mask.ts';
import { projectOf } from '../semconv/project.ts';
import type { SpanData } from '../semconv/span-data.ts';
import type { DeliveryNote } from '../store/port.ts';
import type { FoundInteraction } from '../store/rows.ts';
import { openNoteWriter } from './forwarded.ts';

/** Stores what becomes of each interaction, so that the page and the API show it as for records that a gateway forwards. */
export class ForwardStates {
  readonly #notes: DeliveryNotes<Underway>;
  readonly #collected: DeliveryNote[] = [];
  readonly #folder: string;
  readonly #warn: (message: string) => void;

  constructor(folder: string, warn: (message: string) => void) {
    this.#folder = folder;
    this.#warn = warn;
    this.#notes = new DeliveryNotes<Underway>({
      write: async (notes) => void this.#collected.push(...notes),
      find: async () => undefined,
      excerpt: answerExcerpt(process.env, maskSecrets),
    });
  }

  readonly onAttempt = (attempt: Attempt): void => this.#notes.attempted(attempt);

  readonly onSettled = ({ traceId, spanId, resource }: SpanData, { destination, outcome }: Settlement): void => {
    const underway = this.#notes.followedBy(keyIn(projectOf(resource), `${traceId}:${spanId}`));
    if (underway) this.#notes.settled(underway, destination, outcome);
  };

  follow({ row: { id, project }, interaction }: FoundInteraction): void {
    this.#notes.follow(interaction, { project, interaction: id });
  }

  /** Writes them. What cannot be stored is a warning: the records themselves were sent. */
  async finish(): Promise<void> {
    await this.#notes.flush();
    if (this.#collected.length === 0) return;
    try {
      const writer = await openNoteWriter(this.#folder);
      if (!writer) {
        this.#warn(
          'The delivery states were not stored: another process has the data folder, and it is not your gateway.',
        );
        return;
      }
      await writer.write(this.#collected);
      await writer.close();
    } catch (error) {
      this.#warn(`The delivery states were not stored: ${(error as Error).message}`);
    }
  }
}
