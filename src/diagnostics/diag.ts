import { diag as api } from '@opentelemetry/api';

const REPEAT_MILLIS = 60_000;
/** Causes that are remembered. More than this at once are a flood in which a repeated line does not matter. */
const MAX_CAUSES = 200;

interface Seen {
  readonly printedAt: number;
  suppressed: number;
}

export interface DiagOptions {
  readonly now?: () => number;
  readonly write?: (line: string) => void;
}

type Level = 'warn' | 'error';

/**
 * Warnings and errors of ours: to the application's `diag` logger where it has one, else to stderr. One line per cause,
 * repeated at most once a minute with the number of lines that were left out. `OTEL_LOG_LEVEL=none` silences stderr.
 */
export class Diag {
  readonly #seen = new Map<string, Seen>();
  readonly #now: () => number;
  readonly #write: (line: string) => void;

  constructor({ now = Date.now, write = writeToStderr }: DiagOptions = {}) {
    this.#now = now;
    this.#write = write;
  }

  debug(message: string, ...details: unknown[]): void {
    api.debug(message, ...details);
  }

  info(message: string, ...details: unknown[]): void {
    api.info(message, ...details);
  }

  warn(message: string, ...details: unknown[]): void {
    this.#report('warn', message, details);
  }

  error(message: string, ...details: unknown[]): void {
    this.#report('error', message, details);
  }

  /** A last line at the end of the process. It is not limited, because nothing can repeat it. */
  last(message: string): void {
    if (hasLogger()) api.warn(message);
    else if (!isSilenced()) this.#write(message);
  }

  #report(level: Level, message: string, details: readonly unknown[]): void {
    const suppressed = this.#due(causeOf(message));
    if (suppressed === undefined) return;
    const text = suppressed === 0 ? message : `${message} (and ${suppressed} more like this)`;
    if (hasLogger()) api[level](text, ...details);
    else if (!isSilenced()) this.#write([text, ...details.map(textOf)].join(': '));
  }

  /** @returns how many lines were left out since the last one; undefined when this one is left out, too */
  #due(cause: string): number | undefined {
    const seen = this.#seen.get(cause);
    const now = this.#now();
    if (seen && now - seen.printedAt < REPEAT_MILLIS) {
      seen.suppressed += 1;
      return undefined;
    }
    this.#seen.delete(cause);
    this.#seen.set(cause, { printedAt: now, suppressed: 0 });
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > MAX_CAUSES && oldest !== undefined) this.#seen.delete(oldest);
    return seen?.suppressed ?? 0;
  }
}

/** Shared by the whole process, so that a cause is reported once wherever it is seen. */
export const diag = new Diag();

/** Ids and larger numbers differ from line to line while the cause is the same. */
function causeOf(message: string): string {
  return message.replace(/\b[\da-f]{8,}\b|\d{4,}/gi, '#');
}

function textOf(detail: unknown): string {
  return detail instanceof Error ? detail.message : String(detail);
}

/** The API has no way to ask, so this reads its registry: `internal/global-utils` in every 1.x version. */
export function hasLogger(): boolean {
  const registry = (globalThis as Record<symbol, unknown>)[Symbol.for('opentelemetry.js.api.1')];
  return (registry as { diag?: unknown } | undefined)?.diag !== undefined;
}

function isSilenced(): boolean {
  return process.env['OTEL_LOG_LEVEL']?.trim().toLowerCase() === 'none';
}

function writeToStderr(line: string): void {
  process.stderr.write(`${line.replaceAll('\n', ' ')}\n`);
}
