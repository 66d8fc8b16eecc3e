import type { OutgoingRecord, Publisher } from '../../src/worker/kafka/publisher.ts';
import type { TopicRecord } from '../../src/worker/kafka/record.ts';

/** Stands for the brokers: keeps what is written, and acknowledges it when the test says so. */
export class FakePublisher {
  readonly records: OutgoingRecord[] = [];
  readonly #pending: (() => void)[] = [];
  readonly failures = 0;

  publish(record: OutgoingRecord, acknowledged: () => void): void {
    this.records.push(record);
    this.#pending.push(acknowledged);
  }

  flushed(): Promise<void> {
    return Promise.resolve();
  }

  acknowledge(): void {
    for (const each of this.#pending.splice(0)) each();
  }

  to(topic: string): readonly OutgoingRecord[] {
    return this.records.filter((record) => record.topic === topic);
  }

  asPublisher(): Publisher {
    return this as unknown as Publisher;
  }
}

export function record(offset: number, value: Buffer | string | null, timestamp = offset): TopicRecord {
  return {
    partition: 0,
    offset,
    timestamp,
    key: Buffer.from('key'),
    value: typeof value === 'string' ? Buffer.from(value) : value,
    headers: [],
  };
}

export interface TestSpan {
  readonly trace: string;
  readonly span: string;
  readonly parent?: string;
  readonly scope?: string;
  readonly name?: string;
  readonly kind?: number;
  readonly start?: number;
  readonly project?: string;
  readonly attributes?: Readonly<Record<string, string | number>>;
}

/** Spans as one OTLP request in JSON. */
export function otlpJson(...spans: readonly TestSpan[]): string {
  return JSON.stringify({
    resourceSpans: spans.map((each) => ({
      resource: {
        attributes: Object.entries({
          'service.name': 'shop',
          ...(each.project !== undefined && { 'spanport.project': each.project }),
        }).map(([key, stringValue]) => ({ key, value: { stringValue } })),
      },
      scopeSpans: [{ scope: { name: each.scope ?? 'spanport' }, spans: [spanJson(each)] }],
    })),
  });
}

function spanJson({ trace, span, parent = '', name = 'chat gpt-4o', kind = 3, start = 1, attributes = {} }: TestSpan) {
  return {
    traceId: trace.padStart(32, '0'),
    spanId: span.padStart(16, '0'),
    parentSpanId: parent === '' ? '' : parent.padStart(16, '0'),
    name,
    kind,
    startTimeUnixNano: String(BigInt(start) * 1_000_000_000n),
    endTimeUnixNano: String(BigInt(start) * 1_000_000_000n + 500_000_000n),
    attributes: Object.entries(attributes).map(([key, value]) => ({
      key,
      value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
    })),
    status: {},
  };
}

export const chat = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-4o',
};
