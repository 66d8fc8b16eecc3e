/** Where the gateway reports. A message is one line, whatever is in it. */
export interface Log {
  info(message: string): void;
  warn(message: string): void;
  error(message: string, cause?: unknown): void;
}

/** The same warning within this time is written once: a full disk refuses every request. */
const QUIET_MILLIS = 60_000;

/** @param write takes one line without its end */
export function createLog(write: (line: string) => void): Log {
  const last = new Map<string, number>();
  const line = (level: string, message: string): void => write(`${level}: ${oneLine(message)}`);
  return {
    info: (message) => write(oneLine(message)),
    warn(message) {
      const now = Date.now();
      if (now - (last.get(message) ?? 0) < QUIET_MILLIS) return;
      if (last.size > 100) last.clear();
      last.set(message, now);
      line('warning', message);
    },
    error: (message, cause) => line('error', cause === undefined ? message : `${message}: ${causeText(cause)}`),
  };
}

function causeText(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/g;

/** Data must not be able to start a line of its own, or to move the cursor. */
function oneLine(text: string): string {
  return text.replace(CONTROLS, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
