/** Servers of vendors on 127.0.0.1: one that takes everything, one that refuses, one that is busy. */
import { createServer } from 'node:http';

const answers = {
  athina: () => [200, { status: 'success', data: { prompt_run_id: 'run-1' } }],
  reconify: () => [200, { status: 'ok' }],
  inkeep: (body) =>
    body.includes('get_flags')
      ? [
          422,
          {
            title: 'Unprocessable Content',
            status: 422,
            detail: 'messages.2.properties.tool_results: string too long',
            code: 'unprocessable_entity',
          },
          { 'content-type': 'application/problem+json' },
        ]
      : [200, inkeepAnswer(JSON.parse(body))],
  requesty: () => [503, { success: false, error: 'upstream connect error' }, { 'retry-after': '600' }],
};

const settings = {
  athina: (url) => ({ ATHINA_API_KEY: 'athina-key', ATHINA_BASE_URL: url }),
  reconify: (url) => ({ RECONIFY_APP_KEY: 'app', RECONIFY_API_KEY: 'key', RECONIFY_TRACKER: `${url}/track` }),
  inkeep: (url) => ({ INKEEPANALYTICS_API_INTEGRATION_KEY: 'inkeep-key', INKEEP_ANALYTICS_URL: url }),
  requesty: (url) => ({ REQUESTY_API_KEY: 'requesty-key', REQUESTY_INGESTION_URL: `${url}/insight` }),
};

/** @param over answers in place of those above. @returns the environment of a gateway that forwards to all of them */
export async function startVendors(over = {}) {
  const environment = {};
  const received = [];
  const servers = [];
  const state = { refuses: true };
  for (const [name, answer] of Object.entries({ ...answers, ...over })) {
    const server = createServer((request, response) => {
      const chunks = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        received.push({ name, method: request.method, path: request.url, body });
        const [status, json, headers = {}] =
          request.method === 'GET'
            ? [404, { title: 'Not found', status: 404 }]
            : name === 'inkeep' && !state.refuses
              ? [200, inkeepAnswer(JSON.parse(body))]
              : answer(body);
        response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(json));
      });
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    Object.assign(environment, settings[name](`http://127.0.0.1:${server.address().port}`));
    servers.push(server);
  }
  environment.SPANPORT_FORWARD = Object.keys(answers).join(',');
  return {
    environment,
    received,
    /** From now on the vendor that refused takes everything. */
    accept: () => {
      state.refuses = false;
    },
    close: async () => {
      for (const server of servers) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

function inkeepAnswer(body) {
  const now = new Date().toISOString();
  return { externalId: null, externalUrl: null, visibility: null, createdAt: now, updatedAt: now, ...body };
}
