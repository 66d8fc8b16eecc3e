import { createServer } from 'node:http';

const MAX_KEPT_BODY = 64 << 10;

/**
 * A real HTTP server that does to each request what `behave` says, and keeps the books on what it took. `behave` is
 * given the request, `{ records, path, text, at }`, and gives back `{ status, headers?, body? }`, `{ hang }`,
 * `{ reset }` (before it took anything), `{ lostAnswer }` (after) or `{ slow }` (ms).
 */
export class Vendor {
  /** Every request, whatever was answered. */
  requests = [];
  /** Every record that was asked for: `{ marker, reference, taken }`. */
  asked = [];
  lostAnswers = 0;
  behave = () => ({ status: 200 });
  #server;
  #port = 0;

  static async start(behave) {
    const vendor = new Vendor();
    if (behave) vendor.behave = behave;
    await vendor.up();
    return vendor;
  }

  get url() {
    return `http://127.0.0.1:${this.#port}`;
  }

  get taken() {
    return this.asked.filter(({ taken }) => taken);
  }

  /** How often the records of each marker were taken, and under which references. */
  books() {
    const books = new Map();
    for (const { marker, reference } of this.taken) {
      const entry = books.get(marker) ?? { copies: 0, references: new Set() };
      entry.copies += 1;
      entry.references.add(reference);
      books.set(marker, entry);
    }
    return books;
  }

  count() {
    return this.books().size;
  }

  /** Listens, on the port of the time before: connections are refused while it is down. */
  async up() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
    await new Promise((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = this.#server.address().port;
  }

  async down() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Cuts every connection, such as those of requests that hang. */
  cut() {
    this.#server.closeAllConnections();
  }

  async #serve(request, response) {
    const chunks = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      return;
    }
    const body = Buffer.concat(chunks).toString();
    const asked = { records: recordsIn(body), path: request.url, text: body.slice(0, MAX_KEPT_BODY), at: Date.now() };
    this.requests.push(asked);
    this.asked.push(...asked.records);
    const how = this.behave(asked);
    if (how.hang) return;
    if (how.reset) return void request.socket.resetAndDestroy();
    if (how.lostAnswer) {
      take(asked.records);
      this.lostAnswers += asked.records.length;
      return void request.socket.resetAndDestroy();
    }
    if (how.slow) await new Promise((resolve) => setTimeout(resolve, how.slow));
    const status = how.status ?? 200;
    if (status < 300) take(asked.records);
    response.on('error', () => {});
    response.writeHead(status, { 'content-type': 'application/json', ...how.headers }).end(how.body ?? '{}');
  }
}

function take(records) {
  for (const record of records) record.taken = true;
}

/**
 * The marker is what the program chose, the reference what Spanport calls the record: `session_id` and
 * `external_reference_id` at Athina, conversation and span id in OTLP/JSON.
 */
function recordsIn(body) {
  try {
    const { resourceSpans, session_id: marker, external_reference_id: reference } = JSON.parse(body);
    if (!resourceSpans) return [{ marker, reference, taken: false }];
    const spans = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
    return spans.map(({ attributes, spanId }) => {
      const conversation = attributes.find(({ key }) => key === 'gen_ai.conversation.id');
      return { marker: conversation?.value.stringValue, reference: spanId, taken: false };
    });
  } catch {
    return [];
  }
}

/** R1's vendor: 10 % 503, 9 % resets, 8 % lost answers, 3 % 429. */
export function flaky(random) {
  return () => {
    const draw = random();
    if (draw < 0.1) return { status: 503 };
    if (draw < 0.19) return { reset: true };
    if (draw < 0.27) return { lostAnswer: true };
    if (draw < 0.3) return { status: 429, headers: { 'retry-after': '0' } };
    return { status: 200 };
  };
}
