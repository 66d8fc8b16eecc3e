import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ArgsDef } from 'citty';
import { discoveryFile } from '../configuration/discovery.ts';
import { userDataFolder } from '../configuration/user-folders.ts';
import { type Client, createClient } from '../gateway/api/client.ts';
import { findGateway } from '../start/gateway-probe.ts';

/** A gateway of this user that runs. */
export interface OwnGateway {
  readonly url: string;
  /** Where it keeps its data. */
  readonly folder: string;
  readonly client: Client;
}

/** Finds it as applications do. Undefined also for one that does not answer. */
export async function ownGateway(): Promise<OwnGateway | undefined> {
  const gateway = await findGateway(discoveryFile(process.env));
  if (!gateway) return undefined;
  const { url, token } = gateway;
  const client = createClient({ baseUrl: url, ...(token !== undefined && { token }) });
  const status = await client.getStatus().catch(() => undefined);
  return status && { url, folder: status.dataFolder, client };
}

export const dataOption: ArgsDef = {
  data: {
    type: 'string',
    description: 'The data folder; else that of your running gateway, or the user’s own',
    valueHint: 'FOLDER',
  },
};

/**
 * The folder that a command works on: that of `--data`, else that of the user's running gateway, else the user's own. A
 * folder that nobody named and that is not the user's own is reported on stderr.
 */
export async function dataFolder({ data }: Readonly<Record<string, unknown>>): Promise<string> {
  if (typeof data === 'string') return data;
  const gateway = await ownGateway();
  if (!gateway) return userDataFolder(process.env);
  const { url, folder } = gateway;
  if (!isSameFolder(folder, userDataFolder(process.env)))
    process.stderr.write(`The data is that of your gateway at ${url}: --data ${folder}\n`);
  return folder;
}

/** Also when one of them is reached by a link. */
export function isSameFolder(one: string, other: string): boolean {
  return realPath(one) === realPath(other);
}

function realPath(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return resolve(folder);
  }
}
