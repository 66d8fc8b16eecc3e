import type { startFakeOpenAI as start } from '../../src/testing.ts';

export function startExchanges(
  startFakeOpenAI: typeof start,
): Promise<{ readonly urls: Readonly<Record<string, string>>; close(): Promise<unknown> }>;
