import type { Body } from '../gateway/api/routes.ts';
import { builtFile } from '../loading/own-files.ts';
import type { DeliveryNote } from '../store/port.ts';
import { Store } from '../store/store.ts';
import { StoreError } from '../store/store-error.ts';
import { isSameFolder, ownGateway } from './own-gateway.ts';

/** Notes in one request: its body stays far below the limit of the API. */
const PORTION = 200;
/** A command that sends data must not prune it: a gateway may keep it for longer than the default. */
const FOREVER = { maxAgeSeconds: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY };

/** Where a command stores what became of the records that it sent. */
export interface NoteWriter {
  /** Rejects when they cannot be stored. */
  write(notes: readonly DeliveryNote[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * Writes to the data folder, or through the gateway that has it. Undefined when another process has the folder and cannot
 * be found.
 */
export async function openNoteWriter(folder: string): Promise<NoteWriter | undefined> {
  const threadFile = builtFile('store-thread.js');
  if (!threadFile) return undefined;
  try {
    const store = await Store.open({ folder, threadFile, retention: FOREVER });
    return { write: (notes) => store.note(notes), close: () => store.close() };
  } catch (error) {
    if (error instanceof StoreError && error.code === 'locked') return throughGateway(folder);
    throw error;
  }
}

async function throughGateway(folder: string): Promise<NoteWriter | undefined> {
  const gateway = await ownGateway();
  if (!gateway || !isSameFolder(gateway.folder, folder)) return undefined;
  const { client } = gateway;
  return {
    async write(notes) {
      for (let from = 0; from < notes.length; from += PORTION) {
        const items = notes.slice(from, from + PORTION).map(({ atUs, ...note }) => ({ ...note, at: atUs / 1e3 }));
        await client.noteDeliveries({ body: { items: items as Body<'noteDeliveries'>['items'] } });
      }
    },
    close: async () => undefined,
  };
}
