import { withoutCredentials } from '../configuration/readers.ts';
import type { OutgoingRequest } from '../delivery/delivery.ts';
import type { Transport } from '../delivery/http/transport.ts';
import { recordOf } from '../interaction/unknown.ts';
import { otlpAsJson, PROTOBUF, unzipped } from '../otlp/shown-request.ts';
import { vendorNamed } from '../vendors/index.ts';
import { masked } from './masked.ts';

/** One request as it would be sent, without credentials; `write` for what stays on this machine. */
export interface RecordedRequest {
  readonly method: string;
  readonly url: string;
  readonly body: unknown;
}

/** Stands in for HTTP and files: records every request and accepts it. */
export class RecordedRequests {
  readonly #byDestination: Map<string, RecordedRequest[]>;
  readonly #secrets: readonly string[];

  /** @param secrets values that are masked in what is recorded */
  constructor(names: readonly string[], secrets: readonly string[]) {
    this.#byDestination = new Map(names.map((name) => [name, []]));
    this.#secrets = secrets;
  }

  readonly transport =
    (destination: string): Transport =>
    async (request) => {
      // A vendor that is read before it is written to has nothing yet.
      if (request.method === 'GET') return { status: 404, headers: {}, body: '' };
      const { method, url } = request;
      const body = this.#bodyOf(request);
      this.#add(destination, { method, url: withoutCredentials(url), body });
      return { status: 200, headers: {}, body: await acceptanceOf(destination, body) };
    };

  readonly write = (destination: string, target: string, item: unknown): void => {
    this.#add(destination, { method: 'write', url: target, body: item });
  };

  get all(): Readonly<Record<string, readonly RecordedRequest[]>> {
    return Object.fromEntries(this.#byDestination);
  }

  #add(destination: string, request: RecordedRequest): void {
    const requests = this.#byDestination.get(destination);
    if (requests) requests.push(request);
    else this.#byDestination.set(destination, [request]);
  }

  #bodyOf({ headers, body }: OutgoingRequest): unknown {
    if (headers['content-type'] === PROTOBUF) return otlpAsJson(unzipped(headers, body));
    const text = Buffer.from(unzipped(headers, body)).toString('utf8');
    return JSON.parse(masked(text, this.#secrets)) as unknown;
  }
}

/** What the destination's server answers when it accepts a request. */
async function acceptanceOf(destination: string, body: unknown): Promise<string> {
  const demo = await vendorNamed(destination)?.demo();
  return JSON.stringify(demo?.accepted(recordOf(body) ?? {}) ?? {});
}
