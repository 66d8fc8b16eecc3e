import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import { withoutCredentials } from '../configuration/readers.ts';
import { adviceFor } from '../delivery/answer.ts';
import type { Answer, OutgoingRequest } from '../delivery/delivery.ts';
import { createTransport, type Transport } from '../delivery/http/transport.ts';
import type { Connection } from '../exporter/destinations/connection.ts';
import type { OpenDestination } from '../exporter/pipeline.ts';
import { openPipeline } from '../exporter/pipeline.ts';
import { asIs } from '../interaction/mask.ts';
import { sampleInteraction } from '../interaction/sample.ts';
import { spanDataOf } from '../semconv/to-span.ts';
import { inWords } from './deliver.ts';

const TIMEOUT_MILLIS = 10_000;

/** What a destination was found to be like; `isFault` when records would not arrive. */
export interface Reached {
  readonly isFault: boolean;
  readonly text: string;
}

/**
 * Finds out whether a destination can be reached, without leaving a record there: an OTLP backend gets an empty request,
 * which also tests the key; a vendor's URL is read. Undefined for a destination on this machine.
 */
export async function reach(open: OpenDestination): Promise<Reached | undefined> {
  const target = await targetOf(open);
  return target && (await probed(target));
}

async function probed({ request, transport }: Target): Promise<Reached> {
  const probe = isOtlp(request) ? emptied(request) : { ...request, method: 'GET' as const, headers: {}, body: '' };
  const url = withoutCredentials(request.url);
  try {
    const answer = await transport(probe);
    const { status } = answer;
    if (!isOtlp(request)) return read(url, answer);
    if (status >= 200 && status < 300) return { isFault: false, text: `${url} accepts spans.` };
    return {
      isFault: true,
      text: `${url} answers HTTP ${status}: ${adviceFor(answer) ?? 'spans may not be accepted'}.`,
    };
  } catch (error) {
    return { isFault: true, text: `${url} cannot be reached: ${inWords(String((error as Error).message))}.` };
  }
}

/** Possible answers of a working intake to a request that has neither key nor record. */
const INCONCLUSIVE: ReadonlySet<number> = new Set([401, 402, 403, 405, 501]);

/** Reading a vendor's URL shows whether there is a server, and not always whether it has the path. */
function read(url: string, answer: Answer): Reached {
  const { status } = answer;
  if (status === 404) {
    const text = `${url} answers a GET with HTTP 404: check the URL. A server that takes records there may answer so, too.`;
    return { isFault: false, text };
  }
  const advice = INCONCLUSIVE.has(status) ? undefined : adviceFor(answer);
  if (advice !== undefined) return { isFault: true, text: `${url} answers HTTP ${status}: ${advice}.` };
  return { isFault: false, text: `${url} answers. The key is checked by the first record.` };
}

interface Target {
  readonly request: OutgoingRequest;
  readonly transport: Transport;
}

/** The request that the destination would make, with the connection it would use. Nothing is sent. */
async function targetOf(open: OpenDestination): Promise<Target | undefined> {
  const targets: Target[] = [];
  const pipeline = openPipeline({
    mask: asIs,
    report: () => {},
    write: () => {},
    transport: (_, connection: Connection) => async (request) => {
      targets.push({ request, transport: createTransport({ ...connection, timeoutMillis: TIMEOUT_MILLIS }) });
      return { status: request.method === 'GET' ? 404 : 200, headers: {}, body: '{}' };
    },
  });
  pipeline.join(open);
  pipeline.take(spanDataOf(sampleInteraction));
  await pipeline.shutdown(1_000);
  return targets[0];
}

function isOtlp({ headers, body }: OutgoingRequest): boolean {
  return headers['content-type'] === 'application/x-protobuf' || String(body).startsWith('{"resourceSpans"');
}

/** The same request without spans, which every OTLP receiver accepts. */
function emptied(request: OutgoingRequest): OutgoingRequest {
  const isJson = request.headers['content-type'] === 'application/json';
  const body = Buffer.from(isJson ? '{"resourceSpans":[]}' : '');
  return { ...request, body: request.headers['content-encoding'] === 'gzip' ? gzipSync(body) : body };
}

/** Why a file cannot be written; undefined when it can. */
export function fileProblem(path: string): string | undefined {
  try {
    accessSync(existsSync(path) ? path : dirname(path), constants.W_OK);
    return undefined;
  } catch (error) {
    return `${path} cannot be written (${(error as NodeJS.ErrnoException).code}).`;
  }
}
