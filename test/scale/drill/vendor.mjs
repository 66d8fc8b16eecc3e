import { once } from 'node:events';
import { createServer } from 'node:http';

/**
 * A vendor that counts what it accepts and answers as the script says: 503, resets, lost answers, 429, stalls, and a
 * refusal for good of each call that `isPoison` names.
 */
export class Vendor {
  stalledUntil = 0;
  refused = 0;
  latencies = [];
  firstAt = undefined;
  #random;
  #server;

  /** @param delayMillis how long each answer takes */
  constructor({ hop, random, isPoison, idOf, delayMillis = 0 }) {
    Object.assign(this, { hop, isPoison, idOf, delayMillis });
    this.#random = random;
    this.faults = { unavailable: 0.03, reset: 0.01, lostAnswer: 0.01, throttled: 0.01 };
  }

  async start() {
    this.#server = createServer((request, response) => void this.#serve(request, response).catch(() => {}));
    // A stalled vendor keeps connections open for as long as it stalls.
    this.#server.requestTimeout = 0;
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.url = `http://127.0.0.1:${this.#server.address().port}`;
    return this;
  }

  async #serve(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const mark = /mark-(\d+)-(\d+)-/.exec(body);
    this.firstAt ??= performance.now();
    if (!mark) return void response.writeHead(400).end('{"error":"no call in this request"}');
    const [conversation, turn] = [Number(mark[1]), Number(mark[2])];
    const wait = Math.max(this.stalledUntil - Date.now(), this.delayMillis);
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const draw = this.#random();
    const { unavailable, reset, lostAnswer, throttled } = this.faults;
    if (draw < unavailable) return void response.writeHead(503).end();
    if (draw < unavailable + reset) return void request.socket.resetAndDestroy();
    if (draw < unavailable + reset + throttled) return void response.writeHead(429, { 'retry-after': '0' }).end();
    if (this.isPoison(conversation, turn)) {
      this.refused += 1;
      return void response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"refused for good"}');
    }
    if (this.hop.add(conversation, turn, { id: this.idOf(body) })) this.#measure(body);
    if (draw < unavailable + reset + throttled + lostAnswer) return void request.socket.resetAndDestroy();
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"success"}');
  }

  /** Time from the application's request to the vendor, where the payload has the custom attribute. */
  #measure(body) {
    const sent = /"sent":"?(\d{13})/.exec(body);
    if (sent) this.latencies.push(Date.now() - Number(sent[1]));
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
