import { isMainThread } from 'node:worker_threads';
import { resolveWorker } from '../worker/settings.ts';
import { startWorker, type Worker } from '../worker/worker.ts';
import type { Command } from './command.ts';
import { destinationNames } from './deliver.ts';
import { Failure } from './failure.ts';
import { runInThread, untilStopped } from './worker-thread.ts';

/** One problem is printed at most once in this time. */
const REPEAT_MILLIS = 60_000;
const STATUS_MILLIS = 10_000;

type Args = Readonly<Record<string, unknown>>;

const command: Command = {
  meta: { name: 'worker', description: 'Read spans from Kafka and deliver them to destinations' },
  args: {
    brokers: { type: 'string', description: 'Kafka brokers; else SPANPORT_KAFKA_BROKERS', valueHint: 'HOST:PORT,…' },
    to: { type: 'string', description: 'Destinations; else those of the environment', valueHint: 'NAMES' },
    stage: {
      type: 'string',
      description: 'all, assemble (spans to interactions) or deliver; all by default',
      valueHint: 'STAGE',
    },
    group: {
      type: 'string',
      description: 'Beginning of the consumer groups’ names; spanport by default',
      valueHint: 'NAME',
    },
    'spans-topic': {
      type: 'string',
      description: 'OTLP spans, keyed by trace id; spanport.spans by default',
      valueHint: 'TOPIC',
    },
    'interactions-topic': {
      type: 'string',
      description: 'Interactions; spanport.interactions by default',
      valueHint: 'TOPIC',
    },
    'dead-letters-topic': {
      type: 'string',
      description: 'Refused records; spanport.dead-letters by default',
      valueHint: 'TOPIC',
    },
    host: {
      type: 'string',
      description: 'Address of /metrics and /healthz',
      default: '127.0.0.1',
      valueHint: 'ADDRESS',
    },
    port: {
      type: 'string',
      description: 'Port of /metrics and /healthz, 0 for any free one; 9464 by default',
      valueHint: 'PORT',
    },
    'order-window': {
      type: 'string',
      description: 'How long an interaction waits for earlier ones of its conversation, in ms; 1000 by default',
      valueHint: 'MS',
    },
    concurrency: {
      type: 'string',
      description: 'How many requests to one vendor may be under way at once; 64 by default',
      valueHint: 'N',
    },
    json: { type: 'boolean', description: 'Print the start, the status each 10 s and the end as JSON lines' },
  },
  examples: [
    'spanport worker --brokers kafka-1:9092 --to athina,inkeep',
    'spanport worker --stage assemble',
    'spanport worker --stage deliver --to athina --port 0 --json',
  ],
  notes: [
    'Any number of workers may run: the partitions of the topics are divided among them. SIGTERM ends one in order; what it has not delivered stays in Kafka.',
    'It needs npm install @platformatic/kafka. TLS and SASL are set by variables: see docs/worker.md.',
  ],
  async run({ args }): Promise<void> {
    if (isMainThread) return runInThread();
    const isJson = args['json'] === true;
    const settings = resolveWorker(optionsFrom(args), process.env);
    const report = once((message) => void process.stderr.write(`${message}\n`));
    const destinations = settings.delivers ? destinationNames(args['to'], process.env, report) : [];
    const ended = untilStopped();
    const worker = await startOrExplain({ settings, environment: process.env, destinations, report });
    // A group that can't be joined yet is tried again without end.
    await Promise.race([worker.joined, ended]);
    print(isJson, { event: 'started', url: worker.url, destinations, topics: settings.topics }, startText(worker));
    const timer = isJson
      ? setInterval(() => print(true, { event: 'status', ...worker.status() }), STATUS_MILLIS)
      : undefined;
    await ended;
    clearInterval(timer);
    await worker.stop();
    const { stages } = worker.status();
    print(isJson, { event: 'stopped', stages }, endText(worker));
  },
};
export default command;

function optionsFrom(args: Args): Parameters<typeof resolveWorker>[0] {
  const named = {
    brokers: textOf(args['brokers']),
    stage: textOf(args['stage']),
    group: textOf(args['group']),
    spansTopic: textOf(args['spans-topic']),
    interactionsTopic: textOf(args['interactions-topic']),
    deadLettersTopic: textOf(args['dead-letters-topic']),
    host: textOf(args['host']),
    port: textOf(args['port']),
    orderWindow: textOf(args['order-window']),
    concurrency: textOf(args['concurrency']),
  };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

async function startOrExplain(parts: Parameters<typeof startWorker>[0]): Promise<Worker> {
  try {
    return await startWorker(parts);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const { host, port } = parts.settings;
    if (code === 'EADDRINUSE')
      throw new Failure(`Port ${port} is taken. Choose another one with --port, or 0 for any.`);
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new Failure(`'${host}' is not an address of this machine. Set another one with --host.`);
    }
    throw error;
  }
}

function startText(worker: Worker): string {
  const { stages } = worker.status();
  return [
    ...stages.map(({ name, group, topic }) => `${name}: reads ${topic} as group ${group}`),
    `Metrics: ${worker.url}/metrics`,
  ].join('\n');
}

function endText(worker: Worker): string {
  return worker
    .status()
    .stages.map(
      ({ name, counts }) => `${name}: ${counts['settled'] ?? 0} of ${counts['records'] ?? 0} records settled.`,
    )
    .join('\n');
}

function print(isJson: boolean, document: object, text = ''): void {
  process.stdout.write(`${isJson ? JSON.stringify(document) : text}\n`);
}

/** Leaves out a message that was printed shortly before. */
function once(write: (message: string) => void): (message: string) => void {
  const printed = new Map<string, number>();
  return (message) => {
    const now = performance.now();
    for (const [known, at] of printed) if (now - at > REPEAT_MILLIS) printed.delete(known);
    // Problems with numbers in them differ each time.
    const kind = message.replace(/\d+/g, '#');
    if (printed.has(kind)) return;
    printed.set(kind, now);
    write(message);
  };
}
