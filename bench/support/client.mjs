/** An openai client whose `fetch` answers inside the process: no sockets, so that what is measured is what runs here. */
import { createRequire } from 'node:module';

/** @param {URL} from the folder whose openai is used */
export function loadOpenAI(from) {
  return createRequire(from)('openai').OpenAI;
}

export function clientOf(OpenAI, fetch) {
  return new OpenAI({ apiKey: 'sk-bench', baseURL: 'http://openai.invalid/v1', fetch, maxRetries: 0 });
}

const common = {
  'openai-organization': 'bench',
  'openai-processing-ms': '312',
  'openai-version': '2020-10-01',
  'x-ratelimit-limit-requests': '10000',
  'x-ratelimit-remaining-requests': '9999',
  'x-request-id': 'req_0123456789abcdef0123456789abcdef',
};

/** Answers requests with these texts of JSON, one after the other: in a later turn of the event loop, as a network does, unless told otherwise. */
export function answering(answers, { inTurn = false } = {}) {
  const length = String(answers[0].length);
  const headers = new Headers({ ...common, 'content-type': 'application/json', 'content-length': length });
  let next = 0;
  return async (url) => {
    if (!inTurn) await nextTurn();
    const json = answers[next++ % answers.length];
    return {
      ok: true,
      status: 200,
      statusText: 'OK',
      url,
      headers,
      body: null,
      json: async () => JSON.parse(json),
      text: async () => json,
    };
  };
}

/** Answers with server-sent events, one for each read. */
export function streaming(events) {
  const headers = new Headers({ ...common, 'content-type': 'text/event-stream; charset=utf-8' });
  return async (url) => {
    await nextTurn();
    return { ok: true, status: 200, statusText: 'OK', url, headers, body: readsOf(events) };
  };
}

async function* readsOf(events) {
  for (const event of events) yield event;
}

function nextTurn() {
  return new Promise(setImmediate);
}
