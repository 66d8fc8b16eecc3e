import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Consumer, Producer } from '@platformatic/kafka';
import { afterAll, beforeEach, vi } from 'vitest';
import { createTopics, findKafka, type Kafka, type SecureKafka, startKafka } from '../../../collector/kafka.mjs';
import { cleanEnvironment } from '../../../scripts/clean-environment.mjs';
import type { WorkerStatus } from '../../../src/worker/status.ts';
import { wholeBody } from '../../support/whole-body.ts';
import { chat, otlpJson, type TestSpan } from '../support.ts';

const CLI = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

/** Skips each test of the file where Kafka was never fetched; `REQUIRE_REAL` makes that an error, so CI can't skip. */
export function needsKafka(): void {
  beforeEach((context) => {
    if (findKafka()) return;
    const text = 'A real Kafka is missing; run: node collector/kafka.mjs install';
    if (process.env['REQUIRE_REAL']) throw new Error(text);
    context.skip(text);
  });
}

/** Everything that a test file starts ends with it. */
export class Servers {
  readonly #ends: (() => Promise<unknown>)[] = [];
  readonly directory: string = mkdtempSync(join(tmpdir(), 'spanport-worker-'));

  constructor() {
    afterAll(async () => {
      for (const end of this.#ends.reverse()) await end().catch(() => undefined);
      rmSync(this.directory, { recursive: true, force: true });
    });
  }

  atEnd(end: () => Promise<unknown>): void {
    this.#ends.push(end);
  }

  /** Starts the broker, or starts it again with its records after it was killed. */
  async broker(secure?: SecureKafka): Promise<Kafka> {
    const kafka = await startKafka({ directory: join(this.directory, 'kafka'), secure });
    this.atEnd(() => kafka.server.kill());
    return kafka;
  }

  /** A set of topics of its own, so that tests don't read each other's records. */
  async topics(kafka: Kafka, prefix: string, partitions = 4, maxBytes: Partial<Topics> = {}): Promise<Topics> {
    const names = { spans: `${prefix}.spans`, interactions: `${prefix}.interactions`, dead: `${prefix}.dead` };
    await createTopics({
      bootstrap: kafka.bootstrap,
      replication: 1,
      topics: Object.entries(names).map(([kind, name]) => {
        const limit = maxBytes[kind as keyof Topics];
        const configs = { 'min.insync.replicas': '1', ...(limit && { 'max.message.bytes': limit }) };
        return { name, content: 'a test', partitions, configs };
      }),
    });
    return names;
  }

  async worker(kafka: Kafka, topics: Topics, options: WorkerOptions): Promise<RunningWorker> {
    const worker = await RunningWorker.start(kafka, topics, options);
    this.atEnd(() => worker.kill());
    return worker;
  }

  /** A worker that may never have started. */
  launched(kafka: Kafka, topics: Topics, options: WorkerOptions): RunningWorker {
    const worker = RunningWorker.launch(kafka, topics, options);
    this.atEnd(() => worker.kill());
    return worker;
  }

  async vendor(reply?: Reply): Promise<Vendor> {
    const vendor = await Vendor.start(reply);
    this.atEnd(() => vendor.close());
    return vendor;
  }

  async sender(kafka: Kafka): Promise<Sender> {
    const sender = new Sender(kafka);
    this.atEnd(() => sender.close());
    return sender;
  }
}

export interface Topics {
  readonly spans: string;
  readonly interactions: string;
  readonly dead: string;
}

export interface WorkerOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** The command, as a process. */
export class RunningWorker {
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';
  /** Set once it has started. */
  url = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
  }

  output(): { stdout: string; stderr: string } {
    return { stdout: this.#stdout, stderr: this.#stderr };
  }

  /** Does not wait until it has started. */
  static launch(kafka: Kafka, topics: Topics, { args = [], env = {} }: WorkerOptions): RunningWorker {
    const words = ['worker', '--brokers', kafka.bootstrap, '--json', '--port', '0', '--group', topics.spans];
    const names = ['--spans-topic', topics.spans, '--interactions-topic', topics.interactions];
    const child = spawn(process.execPath, [CLI, ...words, ...names, '--dead-letters-topic', topics.dead, ...args], {
      env: { ...cleanEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new RunningWorker(child);
  }

  static async start(kafka: Kafka, topics: Topics, options: WorkerOptions): Promise<RunningWorker> {
    const worker = RunningWorker.launch(kafka, topics, options);
    const ended = once(worker.#child, 'close').then(([code]) => {
      throw new Error(`The worker ended with ${code}: ${worker.#stderr}`);
    });
    const started = vi.waitFor(
      () => (JSON.parse(worker.#stdout.split('\n')[0] ?? '') as { readonly url: string }).url,
      { timeout: 300_000, interval: 20 },
    );
    worker.url = await Promise.race([started, ended]);
    ended.catch(() => undefined);
    return worker;
  }

  async status(): Promise<WorkerStatus> {
    const response = await fetch(`${this.url}/healthz`);
    return (await response.json()) as WorkerStatus;
  }

  /** How many partitions of a stage it owns. */
  async partitions(stage: string): Promise<number> {
    const { stages } = await this.status();
    return stages.find(({ name }) => name === stage)?.partitions.length ?? 0;
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }

  /** SIGTERM. @returns its exit code */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM');
    const [code] = (await once(this.#child, 'exit')) as [number | null];
    return code;
  }
}

/** One request to the vendor. */
export interface Received {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** The text of the answer: tests write the call's number into it. */
  readonly text: string;
}

export type Reply = (received: Received) => number | Promise<number>;

/** A vendor's server: takes everything, or what `reply` says. */
export class Vendor {
  readonly received: Received[] = [];
  reply: Reply;
  readonly #server = createServer((request, response) => void this.#take(request, response));

  private constructor(reply: Reply) {
    this.reply = reply;
  }

  static async start(reply: Reply = () => 200): Promise<Vendor> {
    const vendor = new Vendor(reply);
    await new Promise<void>((resolve) => vendor.#server.listen(0, '127.0.0.1', resolve));
    return vendor;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The distinct texts that were accepted. */
  get texts(): ReadonlySet<string> {
    return new Set(this.received.map(({ text }) => text));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const bytes = await wholeBody(request);
    if (!bytes) return;
    const body = JSON.parse(bytes.toString()) as Readonly<Record<string, unknown>>;
    const received = { path: request.url ?? '', body, text: String(body['response']) };
    const status = await this.reply(received);
    if (status < 300) this.received.push(received);
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

/** Writes spans, as the Collector does. */
export class Sender {
  readonly #producer: Producer;

  constructor(kafka: Kafka) {
    this.#producer = new Producer({
      clientId: 'test',
      bootstrapBrokers: [kafka.bootstrap],
      retries: 20,
      retryDelay: 250,
    });
  }

  async raw(topic: string, key: string | null, value: string): Promise<void> {
    const message = { topic, value: Buffer.from(value) };
    await this.#producer.send({
      messages: [key === null ? message : Object.assign(message, { key: Buffer.from(key) })],
    });
  }

  /**
   * One call per number, each in a trace of its own, `perConversation` of them in one conversation.
   * @param project also the beginning of the answers
   */
  async calls(topic: string, from: number, to: number, perConversation = 5, project?: string): Promise<void> {
    const messages = Array.from({ length: to - from }, (_, index) => {
      const span = callSpan(from + index, perConversation, project);
      return { topic, key: Buffer.from(span.trace), value: Buffer.from(otlpJson(span)) };
    });
    for (let at = 0; at < messages.length; at += 500) {
      await this.#producer.send({ messages: messages.slice(at, at + 500) });
    }
  }

  /** One call with these texts as its question, and its number as its answer. */
  async call(topic: string, number: number, questions: readonly string[]): Promise<void> {
    const { attributes, ...span } = callSpan(number, 1);
    const parts = questions.map((content) => ({ type: 'text', content }));
    const asked = { 'gen_ai.input.messages': JSON.stringify([{ role: 'user', parts }]) };
    await this.raw(topic, span.trace, otlpJson({ ...span, attributes: { ...attributes, ...asked } }));
  }

  async close(): Promise<void> {
    await this.#producer.close();
  }
}

function callSpan(number: number, perConversation: number, project?: string): TestSpan {
  const message = (role: string, text: string): string =>
    JSON.stringify([{ role, parts: [{ type: 'text', content: text }] }]);
  return {
    trace: `${number.toString(16).padStart(8, '0')}${'a'.repeat(24)}`,
    // Zero is no id.
    span: (number + 1).toString(16),
    start: 1_000_000 + number,
    ...(project !== undefined && { project }),
    attributes: {
      ...chat,
      'gen_ai.conversation.id': `conversation-${Math.floor(number / perConversation)}`,
      'gen_ai.input.messages': message('user', `question ${number}`),
      'gen_ai.output.messages': message('assistant', `${project ?? ''}${number}`),
    },
  };
}

/** What is in a topic, until that number of different values was found. A value may be there twice after faults. */
export async function recordsIn(kafka: Kafka, topic: string, count: number): Promise<readonly TopicMessage[]> {
  const consumer = new Consumer({
    clientId: 'test',
    groupId: `read-${topic}-${Date.now()}`,
    bootstrapBrokers: [kafka.bootstrap],
  });
  const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false, maxWaitTime: 200 });
  const found: TopicMessage[] = [];
  const values = new Set<string>();
  for await (const { key, value, headers } of stream) {
    found.push({
      key: String(key),
      value: String(value),
      headers: Object.fromEntries([...headers].map(([name, text]) => [String(name), String(text)])),
    });
    if (values.add(String(value)).size >= count) break;
  }
  await consumer.close(true);
  return found;
}

export interface TopicMessage {
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

export function numbers(from: number, to: number): ReadonlySet<string> {
  return new Set(Array.from({ length: to - from }, (_, index) => String(from + index)));
}

/** Waits, because work is done elsewhere. */
export function eventually(check: () => void | Promise<void>, timeout = 300_000): Promise<void> {
  return vi.waitFor(check, { timeout, interval: 100 });
}
