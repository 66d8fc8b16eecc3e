import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Client, createClient } from '../../src/gateway/api/client.ts';
import { type Gateway, type GatewayOptions, startGateway } from '../../src/gateway/gateway.ts';

export interface Scene {
  readonly gateway: Gateway;
  readonly client: Client;
  readonly folder: string;
  readonly lines: string[];
}

/** A gateway on a free port with a folder of its own, ended with the test. */
export async function openGateway(options: GatewayOptions = {}): Promise<Scene> {
  const folder = options.data ?? mkdtempSync(join(tmpdir(), 'spanport-gateway-'));
  const lines: string[] = [];
  const gateway = await startGateway({ port: 0, data: folder, log: (line) => lines.push(line), ...options });
  onTestFinished(async () => {
    await gateway.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const client = createClient({ baseUrl: gateway.url, ...(options.token !== undefined && { token: options.token }) });
  return { gateway, client, folder, lines };
}

/** Waits until the value is there: the index is built in the background. */
export async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
