/**
 * An HTTP proxy in a process of its own. It knows one target, on loopback, and takes every host name for it. Prints its
 * port, then one line of JSON for each request: `{ tunnel | forward, authorization }`.
 *
 * Usage: node proxy.mjs TARGET_PORT [USER:PASSWORD]
 */
import { createServer, request } from 'node:http';
import { connect } from 'node:net';

const [targetPort, credentials] = process.argv.slice(2);
const expected = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;
const target = { host: '127.0.0.1', port: Number(targetPort) };
const log = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const isRefused = ({ headers }) => expected && headers['proxy-authorization'] !== expected;

const server = createServer((incoming, response) => {
  log({ forward: incoming.url, authorization: incoming.headers['proxy-authorization'] });
  if (isRefused(incoming)) {
    response.writeHead(407).end();
    return;
  }
  const { pathname, search } = new URL(incoming.url);
  const { 'proxy-authorization': _, ...headers } = incoming.headers;
  const outgoing = request({ ...target, method: incoming.method, path: pathname + search, headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  incoming.pipe(outgoing);
});

server.on('connect', (incoming, socket, head) => {
  log({ tunnel: incoming.url, authorization: incoming.headers['proxy-authorization'] });
  if (isRefused(incoming)) {
    socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    return;
  }
  const upstream = connect(target, () => {
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    upstream.write(head);
    upstream.pipe(socket);
    socket.pipe(upstream);
  });
  const close = () => {
    socket.destroy();
    upstream.destroy();
  };
  socket.on('error', close);
  upstream.on('error', close);
});

server.listen(0, '127.0.0.1', () => log({ port: server.address().port }));
process.stdin.on('end', () => process.exit()).resume();
