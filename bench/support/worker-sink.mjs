/** A vendor's server for bench/worker.mjs, in a process of its own: counts distinct calls and how old each one is. */
import { createServer } from 'node:http';

const hangs = process.argv[2] === 'hang';
const seen = new Set();
const ages = [];

const server = createServer((request, response) => {
  if (request.url === '/counts') {
    ages.sort((a, b) => a - b);
    const at = (part) => ages[Math.min(ages.length - 1, Math.floor(ages.length * part))] ?? 0;
    response.end(JSON.stringify({ distinct: seen.size, latencies: { p50Millis: at(0.5), p99Millis: at(0.99) } }));
    return;
  }
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    if (hangs) return;
    const [, number, writtenAt] = /call (\d+) written (\d+)/.exec(Buffer.concat(chunks).toString()) ?? [];
    if (number !== undefined && !seen.has(number)) {
      seen.add(number);
      ages.push(Date.now() - Number(writtenAt));
    }
    response.end('{}');
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${server.address().port}\n`));
