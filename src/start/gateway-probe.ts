import type { Socket } from 'node:net';
import { type DiscoveryRecord, proofOf, readDiscovery } from '../configuration/discovery.ts';

/**
 * The gateway has this many ticks of the event loop to answer: three seconds. Time in which the application blocks the
 * event loop, as it does while it loads its modules, is one tick. A closed port is refused at once, so only a process that
 * does not answer takes that long.
 */
const TICKS = 60;
const TICK_MILLIS = 50;

/**
 * The gateway of this user that runs on this machine, once it has proven to be the one that wrote the discovery file.
 * Takes at most three seconds in which the event loop runs. Keeps the process alive only when it has nothing else to do and
 * would end before the answer: a command waits for it, and so do an application's last spans. Never fails.
 */
export async function findGateway(
  file: string | undefined,
  ticks: number = TICKS,
): Promise<DiscoveryRecord | undefined> {
  const record = readDiscovery(file);
  if (!record || !/^http:\/\/(127\.0\.0\.1|localhost|\[::1\]):\d+$/.test(record.url)) return undefined;
  const challenge = process.getBuiltinModule('node:crypto').randomBytes(16).toString('hex');
  const answer = await textOf(`${record.url}/healthz?challenge=${challenge}`, ticks);
  return answer?.includes(`"proof":"${proofOf(record.nonce, challenge)}"`) ? record : undefined;
}

function textOf(url: string, ticks: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    let socket: Socket | undefined;
    const stay = (): void => {
      clock.ref();
      socket?.ref();
    };
    const end = (text: string | undefined): void => {
      clearInterval(clock);
      process.off('beforeExit', stay);
      resolve(text);
      request.destroy();
    };
    // Imported, this module would bring all of Node's fetch with it, and only those who set nothing need it.
    const request = process.getBuiltinModule('node:http').get(url, { agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > 1_000) end(undefined);
      });
      response.on('end', () => end(response.statusCode === 200 ? text : undefined));
      response.on('error', () => end(undefined));
    });
    request.on('error', () => end(undefined));
    request.on('socket', (own) => {
      socket = own.unref();
    });
    process.once('beforeExit', stay);
    let left = ticks;
    const clock = setInterval(() => {
      left -= 1;
      if (left <= 0) end(undefined);
    }, TICK_MILLIS).unref();
  });
}
