import { createServer } from 'node:net';

/**
 * A port for a program that has to be told one. Systems choose from 32768 on, for servers and for each connection that
 * other tests make meanwhile: a port of theirs could be taken before the program listens.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
