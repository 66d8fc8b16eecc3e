import type { IncomingMessage } from 'node:http';

/**
 * The body of a request; undefined where the connection ended before all of it came. A program that a test kills, and a
 * server that closes at the end of one, end connections at any moment: a test does not fail by it.
 */
export async function wholeBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks);
}
