import { diag } from '../diagnostics/diag.ts';
import type { Interaction } from '../interaction/interaction.ts';
import { sharedState } from '../loading/shared-state.ts';

/** Changes the interaction of a call. For example, it adds the user for whom the call was made. */
export type Amendment = (interaction: Interaction) => Interaction;

/** The amendments of one call, by the receiver that each is meant for. */
export type CallAmendments = ReadonlyMap<unknown, Amendment>;

/** What receivers add to the calls of a client. */
class ClientAmendments {
  readonly #byClient = new WeakMap<object, Map<unknown, () => Amendment>>();
  /** In most applications no client has any, and a call costs only this check. */
  #isEmpty = true;

  /** @param read called when a call of the client starts. It replaces the earlier one of this receiver. */
  set(client: object, receiver: unknown, read: () => Amendment): void {
    this.#isEmpty = false;
    const reads = this.#byClient.get(client);
    if (reads) reads.set(receiver, read);
    else this.#byClient.set(client, new Map([[receiver, read]]));
  }

  /** The amendments of a call that starts now. Later changes, such as that of the user, do not apply to it. */
  at(client: object): CallAmendments | undefined {
    if (this.#isEmpty) return undefined;
    const reads = this.#byClient.get(client);
    if (!reads) return undefined;
    try {
      return new Map(Array.from(reads, ([receiver, read]) => [receiver, read()]));
    } catch (error) {
      diag.error('spanport: user and session of a call could not be read', error);
      return undefined;
    }
  }
}

/** One for all copies of the package in a process, because the recorder of one copy serves the calls of all. */
export const clientAmendments: ClientAmendments = sharedState('client amendments', () => new ClientAmendments());
