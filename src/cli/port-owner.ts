import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename } from 'node:path';
import { plain } from './terminal.ts';

/** The process that listens on a port of this machine, as far as this user may see it: Linux only. */
export function portOwner(port: number): string | undefined {
  try {
    const inodes = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => listeningInodes(file, port)));
    if (inodes.size === 0) return undefined;
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      if (holdsOneOf(pid, inodes)) return `${plain(programOf(pid))} (process ${pid})`;
    }
  } catch {
    // No /proc here.
  }
  return undefined;
}

/**
 * Such as `node server.js`. The name that the system has of the process is that of a thread in Node 24, and other arguments
 * may be secret.
 */
function programOf(pid: string): string {
  const [program = '', ...words] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  const name = basename(program);
  const script = words.find((word) => /\.([cm]?[jt]s|py|rb|jar)$/.test(word));
  if (name === '') return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  return script === undefined ? name : `${name} ${basename(script)}`;
}

function listeningInodes(file: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(suffix) && state === '0A')
    .flatMap((fields) => fields[9] ?? []);
}

function holdsOneOf(pid: string, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      return inode !== undefined && inodes.has(inode);
    });
  } catch {
    // A process of another user, or one that has just ended.
    return false;
  }
}

/** The next port above this one on which nothing listens. */
export async function nextFreePort(after: number, host: string): Promise<number | undefined> {
  for (let port = after + 1; port <= Math.min(after + 100, 65_535); port += 1) {
    if (await isFree(port, host)) return port;
  }
  return undefined;
}

function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
