import { isAbsolute, resolve } from 'node:path';
import type { Environment } from '../configuration/environment.ts';
import { readChoice, readCount } from '../configuration/readers.ts';
import type { ContentMode } from './content-policy.ts';
import { type ContentChoice, checkedMode, contentFromEnvironment, unknownName } from './content-setting.ts';
import { knownNames } from './destinations/known-names.ts';

const MIB = 1 << 20;

/** Where and how records are stored on disk. */
export interface SpoolSettings {
  /** The directory. It is created when it does not exist. */
  readonly dir: string;
  /** Maximum bytes on disk, 256 MiB by default; the oldest records are dropped first. */
  readonly maxBytes: number;
  /**
   * `batch`: on disk within one tick (50 ms) after the span ended. `sync`: when `span.end()` returned. In a worker thread
   * always `sync`.
   */
  readonly durability: 'batch' | 'sync';
}

/** `SPANPORT_SPOOL_DIR`, `SPANPORT_SPOOL_MAX_BYTES`, `SPANPORT_DURABILITY`: durable with a directory, else in memory. */
export function resolveSpool(
  given: Partial<SpoolSettings> | undefined,
  environment: Environment,
): SpoolSettings | undefined {
  const dir = given?.dir ?? environment['SPANPORT_SPOOL_DIR']?.trim();
  const durability =
    given?.durability ??
    readChoice(environment['SPANPORT_DURABILITY'], 'SPANPORT_DURABILITY', ['batch', 'sync']) ??
    'batch';
  const maxBytes =
    given?.maxBytes ?? readCount(environment['SPANPORT_SPOOL_MAX_BYTES'], 'SPANPORT_SPOOL_MAX_BYTES', MIB) ?? 256 * MIB;
  if (!dir) return undefined;
  return { dir: isAbsolute(dir) ? dir : resolve(dir), maxBytes, durability };
}

/** The configured content mode of each destination. `content` takes precedence over `SPANPORT_CONTENT`. */
export function resolveContent(
  given: ContentMode | Readonly<Record<string, ContentMode>> | undefined,
  environment: Environment,
): ContentChoice {
  const isKnown = (name: string): boolean => name === 'file' || knownNames().includes(name);
  const fromEnvironment = contentFromEnvironment(environment, isKnown);
  if (given === undefined) return fromEnvironment;
  if (typeof given === 'string') {
    const mode = checkedMode(given, 'content');
    return () => mode;
  }
  for (const [name, mode] of Object.entries(given)) {
    if (!isKnown(name)) throw unknownName(name, `content has the key '${name}'`);
    checkedMode(mode, `content.${name}`);
  }
  return (name) => given[name] ?? fromEnvironment(name);
}
