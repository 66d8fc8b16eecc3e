import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '../../../src/gateway/api/client.ts';
import { startGateway } from '../../../src/gateway/gateway.ts';
import type { Interaction } from '../../../src/interaction/interaction.ts';

/** A real gateway with a token, which clients send as their vendor's key. */
export interface ClientGateway {
  readonly url: string;
  readonly token: string;
  /** What the API answers of everything that was received, oldest first. */
  interactions(): Promise<readonly Interaction[]>;
  /** The spans of a trace that are not interactions, and those that are. */
  spansOf(traceId: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  feedback(): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Whether a text is in a file of the data folder. */
  holds(text: string): boolean;
  close(): Promise<void>;
}

const TOKEN = 'key-of-the-gateway';
/** More than any client sends. */
const LIMIT = 100;

export async function startClientGateway(): Promise<ClientGateway> {
  const data = mkdtempSync(join(tmpdir(), 'spanport-clients-'));
  const gateway = await startGateway({ port: 0, data, token: TOKEN, log: () => undefined });
  const client = createClient({ baseUrl: gateway.url, token: TOKEN });
  /** Spans are found a moment after the answer to who sent them. */
  const indexed = async (): Promise<void> => {
    while ((await client.getStatus()).waiting > 0) await sleep(50);
  };
  return {
    url: gateway.url,
    token: TOKEN,
    async interactions() {
      await indexed();
      const { items } = await client.listInteractions({ query: { limit: LIMIT } });
      const all = await Promise.all(items.map(({ id }) => client.getInteraction({ params: { id } })));
      return all
        .map(({ interaction }) => interaction as unknown as Interaction)
        .toSorted((one, other) => one.startTime - other.startTime);
    },
    async spansOf(traceId) {
      await indexed();
      return (await client.getTrace({ params: { traceId } })).items;
    },
    async feedback() {
      await indexed();
      return (await client.listFeedback({ query: { limit: LIMIT } })).items;
    },
    holds: (text) => filesIn(data).some((file) => readFileSync(file).includes(text)),
    async close() {
      await gateway.close();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
