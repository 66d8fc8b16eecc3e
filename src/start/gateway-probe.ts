import { type DiscoveryRecord, proofOf, readDiscovery } from '../configuration/discovery.ts';

/** Includes the time in which the application blocks the event loop while it starts. A closed port is refused at once. */
const TIMEOUT_MILLIS = 1_000;

/**
 * The gateway of this user that runs on this machine, once it has proven to be the one that wrote the discovery file.
 * Takes at most a second, keeps no process alive, never fails.
 */
export async function findGateway(file: string): Promise<DiscoveryRecord | undefined> {
  const record = readDiscovery(file);
  if (!record || !/^http:\/\/(127\.0\.0\.1|localhost|\[::1\]):\d+$/.test(record.url)) return undefined;
  const challenge = process.getBuiltinModule('node:crypto').randomBytes(16).toString('hex');
  const answer = await textOf(`${record.url}/healthz?challenge=${challenge}`);
  return answer?.includes(`"proof":"${proofOf(record.nonce, challenge)}"`) ? record : undefined;
}

function textOf(url: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const end = (text: string | undefined): void => {
      clearTimeout(deadline);
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
    request.on('socket', (socket) => socket.unref());
    const deadline = setTimeout(() => end(undefined), TIMEOUT_MILLIS).unref();
  });
}
