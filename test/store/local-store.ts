import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SpanData } from '../../src/semconv/span-data.ts';
import { findSqlite } from '../../src/sqlite/driver.ts';
import type { Retention, StoreWrite } from '../../src/store/port.ts';
import { StoreReader } from '../../src/store/reader.ts';
import { resourceJsonOf, spanRowFrom } from '../../src/store/span-row.ts';
import { StoreWriter } from '../../src/store/writer.ts';

export const open = findSqlite() ?? fail();

function fail(): never {
  throw new Error('no SQLite');
}

/** A store without its threads: each call is done when it returns. */
export class LocalStore implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'spanport-store-'));
  readonly file: string = join(this.folder, 'spanport.db');
  writer: StoreWriter;
  readonly reader: StoreReader;
  readonly #retention: Retention;

  constructor(retention: Retention = { maxAgeSeconds: 1e9, maxBytes: 1e12 }) {
    this.#retention = retention;
    this.writer = new StoreWriter(open, { file: this.file, retention });
    this.reader = new StoreReader(open, this.file);
  }

  write(change: Partial<StoreWrite>): void {
    this.writer.write([{ project: 'default', receivedBy: 'otlp', receivedUs: 2e15, ...change }]);
  }

  spans(spans: readonly SpanData[], change: Partial<StoreWrite> = {}): void {
    this.write({ spans: spans.map((span) => spanRowFrom(span, resourceJsonOf(span.resource))), ...change });
  }

  /** As after the end of the process: the writer has nothing in memory. */
  restart(): void {
    this.writer.close();
    this.writer = new StoreWriter(open, { file: this.file, retention: this.#retention });
  }

  settle(): void {
    while (this.writer.settle());
  }

  [Symbol.dispose](): void {
    this.reader.db.close();
    this.writer.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface ChatOptions {
  readonly trace: string;
  readonly span: string;
  readonly at?: number;
  readonly seconds?: number;
  readonly conversation?: string;
  readonly question?: string;
  readonly answer?: string;
  readonly model?: string;
  readonly user?: string;
  readonly cost?: number;
  readonly service?: string;
  readonly error?: string;
  readonly responseId?: string;
  readonly attributes?: Readonly<Record<string, unknown>>;
}

export const hex = (text: string, length: number): string =>
  Buffer.from(text).toString('hex').padStart(length, '0').slice(0, length);

/** The span of one call to a model. */
export function chat(options: ChatOptions): SpanData {
  const { at = 1_700_000_000, seconds = 1, model = 'gpt-4o', question, answer } = options;
  const message = (role: string, content: string | undefined): string | undefined =>
    content === undefined ? undefined : JSON.stringify([{ role, parts: [{ type: 'text', content }] }]);
  const attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': model,
    'gen_ai.response.id': options.responseId,
    'gen_ai.conversation.id': options.conversation,
    'gen_ai.usage.input_tokens': 10,
    'gen_ai.usage.output_tokens': 5,
    'gen_ai.input.messages': message('user', question),
    'gen_ai.output.messages': message('assistant', answer),
    'user.id': options.user,
    'spanport.cost.total': options.cost,
    'error.type': options.error,
    ...options.attributes,
  };
  return {
    name: `chat ${model}`,
    kind: 2,
    traceId: hex(options.trace, 32),
    spanId: hex(options.span, 16),
    startTime: [at, 0],
    endTime: [at + seconds, 500_000_000],
    attributes: Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined)),
    resource: { 'service.name': options.service ?? 'shop' },
    status: options.error ? { code: 2, message: options.error } : { code: 0 },
  };
}
