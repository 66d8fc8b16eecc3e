import { ProtobufWriter } from '../otlp/protobuf-writer.ts';

/** OTLP answers in the content type of the request. */
export type OtlpType = 'json' | 'protobuf';

export const contentTypes: Readonly<Record<OtlpType, string>> = {
  json: 'application/json',
  protobuf: 'application/x-protobuf',
};

export interface PartialSuccess {
  readonly rejected: number;
  readonly message: string;
}

/** What a signal calls its rejected records. The field numbers of the answers are the same. */
const rejectedNames = { traces: 'rejectedSpans', logs: 'rejectedLogRecords', metrics: 'rejectedDataPoints' } as const;
export type Signal = keyof typeof rejectedNames;

/** An `Export…ServiceResponse`. A partial success without rejected records carries a message alone. */
export function successAnswer(type: OtlpType, signal: Signal, partial?: PartialSuccess): Buffer {
  if (type === 'json') {
    const { rejected = 0, message = '' } = partial ?? {};
    const partialSuccess = {
      ...(rejected > 0 && { [rejectedNames[signal]]: String(rejected) }),
      errorMessage: message,
    };
    return Buffer.from(JSON.stringify(partial ? { partialSuccess } : {}));
  }
  const writer = new ProtobufWriter();
  if (partial) {
    const start = writer.open(1);
    if (partial.rejected > 0) writer.integer(1, partial.rejected);
    writer.text(2, partial.message);
    writer.close(start);
  }
  return Buffer.from(writer.take());
}

/** A `google.rpc.Status`. */
export function errorAnswer(type: OtlpType, status: number, message: string): Buffer {
  const code = codes[status] ?? 13;
  if (type === 'json') return Buffer.from(JSON.stringify({ code, message }));
  const writer = new ProtobufWriter();
  writer.integer(1, code);
  writer.text(2, message);
  return Buffer.from(writer.take());
}

/** HTTP status to the codes of gRPC. */
const codes: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  405: 12,
  413: 8,
  415: 3,
  429: 8,
  503: 14,
};
