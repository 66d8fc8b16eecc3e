/**
 * Where subjects deliver to, in a process of its own: it takes everything, answers what each vendor's client wants to
 * hear, and counts; below `/hang` it never answers. `GET /count` says how many spans came; `POST /reset` starts over.
 */
import { createServer } from 'node:http';

const SPAN = Buffer.from('"spanId"');
let spans = 0;
let requests = 0;

const answers = {
  '/info': {
    version: '0.10',
    batch_ingest_config: { use_multipart_endpoint: true, size_limit: 100, size_limit_bytes: 20_971_520 },
  },
  '/version': { version: '1.0.0', logs3_payload_max_bytes: null },
  '/api/apikey/login': () => ({ org_info: [{ id: 'org', name: 'bench', api_url: url(), proxy_url: url() }] }),
  '/api/project/register': { project: { id: 'project', name: 'bench' }, org_info: { id: 'org', name: 'bench' } },
};

const server = createServer((request, response) => {
  if (request.url.startsWith('/hang')) return;
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const path = request.url.split('?', 1)[0];
    if (path === '/count') return answer(response, { spans, requests });
    if (path === '/reset') {
      spans = requests = 0;
      return answer(response, {});
    }
    requests += 1;
    if (path === '/v1/traces') spans += occurrences(Buffer.concat(parts));
    const known = answers[path];
    answer(response, typeof known === 'function' ? known() : (known ?? {}));
  });
});

function answer(response, value) {
  const body = JSON.stringify(value);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function occurrences(body) {
  let count = 0;
  for (let at = body.indexOf(SPAN); at !== -1; at = body.indexOf(SPAN, at + SPAN.length)) count += 1;
  return count;
}

function url() {
  return `http://127.0.0.1:${server.address().port}`;
}

server.listen(0, '127.0.0.1', () => process.send?.(url()));
process.once('disconnect', () => process.exit());
