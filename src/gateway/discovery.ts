import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { type DiscoveryRecord, proofOf, readDiscovery } from '../configuration/discovery.ts';
import { replaceFile } from './own-file.ts';

/**
 * How applications of this user find the gateway: the file names its address and a secret, and the gateway answers a
 * challenge with it. Another process that takes the port cannot.
 */
export class Discovery {
  readonly #file: string;
  readonly #nonce = randomBytes(32).toString('hex');
  /** Of the gateway that was found here before. */
  #before: DiscoveryRecord | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  publish(url: string, token: string | undefined): void {
    const record: DiscoveryRecord = {
      url,
      nonce: this.#nonce,
      pid: process.pid,
      ...(token !== undefined && { token }),
    };
    this.#before = readDiscovery(this.#file);
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
    this.#write(record);
  }

  #write(record: DiscoveryRecord): void {
    replaceFile(this.#file, JSON.stringify(record));
  }

  /** Leaves the file to the gateway that was found before, if it still runs. Another one may have written its own since. */
  withdraw(): void {
    if (readDiscovery(this.#file)?.nonce !== this.#nonce) return;
    if (this.#before && isRunning(this.#before.pid)) this.#write(this.#before);
    else rmSync(this.#file, { force: true });
  }

  proof(challenge: string): string {
    return proofOf(this.#nonce, challenge);
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
