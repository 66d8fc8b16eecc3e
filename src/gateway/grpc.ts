import type * as Grpc from '@grpc/grpc-js';
import { isPackageInstalled, loadPackage } from '../loading/load-package.ts';
import { answerOf, StoreError } from '../store/store-error.ts';
import type { Access } from './access.ts';
import { Body, RequestError } from './body.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Signal } from './otlp-answers.ts';
import { receiveOtlp } from './otlp-routes.ts';
import { projectFrom } from './projects.ts';
import type { Receiver } from './receiver.ts';

const PACKAGE = '@grpc/grpc-js';
const services: Readonly<Record<Signal, string>> = {
  traces: 'opentelemetry.proto.collector.trace.v1.TraceService',
  logs: 'opentelemetry.proto.collector.logs.v1.LogsService',
  metrics: 'opentelemetry.proto.collector.metrics.v1.MetricsService',
};

export interface GrpcParts {
  readonly access: Access;
  readonly receiver: Receiver;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly maxBytes: number;
}

export interface GrpcServer {
  readonly port: number;
  close(): Promise<void>;
}

/** OTLP over gRPC, where the package is installed: the same bytes go to the same decoder. Never fails the start. */
export async function startGrpc(host: string, port: number, parts: GrpcParts): Promise<GrpcServer | undefined> {
  const { log } = parts;
  if (!isPackageInstalled(PACKAGE)) {
    log.info(`OTLP over gRPC is off: npm install ${PACKAGE} turns it on. OTLP over HTTP needs nothing.`);
    return undefined;
  }
  const grpc = loadPackage(PACKAGE) as typeof Grpc;
  const server = new grpc.Server({ 'grpc.max_receive_message_length': parts.maxBytes });
  for (const signal of Object.keys(services) as Signal[]) add(grpc, server, signal, parts);
  try {
    const bound = await bind(grpc, server, host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
    return { port: bound, close: () => close(server) };
  } catch {
    log.warn(`OTLP over gRPC is off: port ${port} is taken`);
    return undefined;
  }
}

function bind(grpc: typeof Grpc, server: Grpc.Server, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, grpc.ServerCredentials.createInsecure(), (error, port) => {
      if (error) reject(error);
      else resolve(port);
    });
  });
}

function close(server: Grpc.Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, CLOSE_MILLIS);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

const CLOSE_MILLIS = 2_000;
const asIs = (bytes: Buffer): Buffer => bytes;

function add(grpc: typeof Grpc, server: Grpc.Server, signal: Signal, parts: GrpcParts): void {
  const definition = {
    Export: {
      path: `/${services[signal]}/Export`,
      requestStream: false,
      responseStream: false,
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    },
  };
  server.addService(definition, {
    Export(call: Grpc.ServerUnaryCall<Buffer, Buffer>, callback: Grpc.sendUnaryData<Buffer>): void {
      receive(grpc, signal, call, parts).then(
        (answer) => callback(null, answer),
        (error: unknown) => callback(failureOf(grpc, error, parts.log)),
      );
    },
  });
}

async function receive(
  grpc: typeof Grpc,
  signal: Signal,
  { request, metadata }: Grpc.ServerUnaryCall<Buffer, Buffer>,
  parts: GrpcParts,
): Promise<Buffer> {
  const first = (name: string): string | undefined => metadata.get(name)[0]?.toString();
  const bearer = /^Bearer\s+(.+)$/i.exec(first('authorization') ?? '')?.[1];
  if (parts.access.needsToken && (bearer === undefined || !parts.access.accepts(bearer.trim()))) {
    throw Object.assign(new Error('The gateway needs its token: authorization: Bearer …'), {
      code: grpc.status.UNAUTHENTICATED,
    });
  }
  const project = projectFrom(first('x-spanport-project'));
  return receiveOtlp(parts, signal, 'protobuf', new Body([request]), { receivedBy: 'grpc', project });
}

/** A temporary failure has to be UNAVAILABLE, the code after which OTLP senders wait and retry. */
function failureOf(grpc: typeof Grpc, error: unknown, log: Log): { code: Grpc.status; details: string } {
  if (error instanceof RequestError) return { code: grpc.status.INVALID_ARGUMENT, details: error.message };
  if (error instanceof StoreError) {
    log.warn(`store: ${error.message}`);
    return { code: grpc.status.UNAVAILABLE, details: answerOf(error) };
  }
  const { code, message } = error as { code?: Grpc.status; message?: string };
  if (code === grpc.status.UNAUTHENTICATED) return { code, details: message ?? '' };
  log.error('a gRPC request failed', error);
  return { code: grpc.status.INTERNAL, details: 'The gateway failed to handle the request.' };
}
