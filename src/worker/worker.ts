import { resolveCapture } from '../configuration/content-capture.ts';
import type { Environment } from '../configuration/environment.ts';
import { planDestination } from '../exporter/destinations/open-destination.ts';
import { resolveContent, resolveSpool } from '../exporter/settings.ts';
import { usableSpool } from '../exporter/usable-spool.ts';
import { ASSEMBLE, AssembleStage } from './assemble/assemble-stage.ts';
import { DeadLetters } from './dead-letters.ts';
import { DeliverStage } from './deliver/deliver-stage.ts';
import { Feed } from './deliver/feed.ts';
import { type KafkaLibrary, loadKafka } from './kafka/library.ts';
import { Publisher } from './kafka/publisher.ts';
import { describeTopics, type TopicInfo } from './kafka/topics.ts';
import type { WorkerSettings } from './settings.ts';
import { type StageStatus, stateOf, type WorkerStatus } from './status.ts';
import { startStatusServer } from './status-server.ts';
import { TopicReader } from './topic-reader.ts';

/** How long destinations may take for what is under way when the worker stops. */
const STOP_MILLIS = 5_000;
/** How often the worker looks whether records are in danger. */
const WATCH_MILLIS = 10_000;
const DESCRIBE_MILLIS = 10 * 60_000;
/** What the assembling stage may have open. In memory it is up to ten times as much. */
const ASSEMBLE_BYTES = 4 << 20;
/** The same for all delivering stages together, which have to wait for turns, and the limits of one. */
const DELIVER_BYTES = 16 << 20;
const MAX_DELIVER_BYTES = 8 << 20;
const MIN_DELIVER_BYTES = 4 << 20;
/** How many records of a stage may be with the brokers or the vendor. */
const ASSEMBLE_READY = 500;
const MIN_DELIVER_READY = 500;
/** So many for each request that may be under way: records of one conversation wait for each other. */
const READY_PER_REQUEST = 8;

export interface WorkerParts {
  readonly settings: WorkerSettings;
  readonly environment: Environment;
  /** Names of the destinations that are fed. */
  readonly destinations: readonly string[];
  /** Receives sentences for the operator. */
  readonly report: (message: string) => void;
}

export interface Worker {
  /** Where `/metrics` and `/healthz` are. */
  readonly url: string;
  /** Resolves when all groups were joined once, or when the worker stops. */
  readonly joined: Promise<unknown>;
  status(): WorkerStatus;
  /** Takes nothing more, finishes what is under way, commits and leaves its groups. What is left stays in Kafka. */
  stop(): Promise<void>;
}

/** A stage and the consumer group that feeds it. */
interface RunningStage {
  readonly name: string;
  readonly reader: TopicReader;
  readonly counts: () => Readonly<Record<string, number>>;
  readonly dropped: () => Readonly<Record<string, number>>;
  readonly end: () => Promise<void>;
}

/** @throws ConfigurationError when a setting, the brokers or a topic are wrong: nothing was started then */
export async function startWorker(parts: WorkerParts): Promise<Worker> {
  const { settings, report } = parts;
  const library = loadKafka();
  const { spans, interactions, deadLetters } = settings.topics;
  let topics = await describeTopics(library, settings.connection, [spans, interactions, deadLetters]);
  const open = (): Publisher => new Publisher({ library, connection: settings.connection, report });
  // Two, so that a dead letter that can't be written holds up no interaction.
  const [publisher, letters] = [open(), open()];
  const stages = stagesOf(parts, { library, publisher, deadLetters: new DeadLetters(letters, deadLetters) });
  let isStopping = false;
  const status = (): WorkerStatus => {
    const running = stages.map((stage) => statusOf(stage, topics));
    const { state, problems } = stateOf(running);
    return {
      state: isStopping ? 'stopping' : state,
      problems,
      stages: running,
      publishFailures: publisher.failures + letters.failures,
      residentBytes: process.memoryUsage.rss(),
    };
  };
  const server = await startStatusServer(settings.host, settings.port, status);
  const watch = setInterval(() => {
    for (const problem of status().problems) report(problem);
  }, WATCH_MILLIS).unref();
  const describe = setInterval(() => {
    describeTopics(library, settings.connection, [spans, interactions, deadLetters]).then(
      (described) => {
        topics = described;
      },
      () => undefined,
    );
  }, DESCRIBE_MILLIS).unref();
  const joined = Promise.all(stages.map(({ reader }) => reader.start()));
  return {
    url: server.url,
    joined,
    status,
    async stop(): Promise<void> {
      isStopping = true;
      clearInterval(watch);
      clearInterval(describe);
      await Promise.all(stages.map(({ reader }) => reader.stop()));
      await Promise.all(stages.map(({ end }) => end()));
      await Promise.all([publisher.end(), letters.end()]);
      await server.close();
    },
  };
}

/** What all stages of a worker use. */
interface SharedParts {
  readonly library: KafkaLibrary;
  readonly publisher: Publisher;
  readonly deadLetters: DeadLetters;
}

function stagesOf(parts: WorkerParts, shared: SharedParts): readonly RunningStage[] {
  const { settings, destinations } = parts;
  const fed = settings.delivers ? destinations : [];
  const assemble = settings.assembles ? [assembleStage(parts, shared)] : [];
  return [...assemble, ...fed.map((name) => deliverStage(name, parts, shared, fed.length))];
}

function assembleStage(
  { settings, report }: WorkerParts,
  { library, publisher, deadLetters }: SharedParts,
): RunningStage {
  const { connection, topics, group } = settings;
  const stage = new AssembleStage({ publisher, deadLetters, topics });
  const reader = new TopicReader({
    library,
    connection,
    groupId: `${group}-${ASSEMBLE}`,
    topic: topics.spans,
    maxOpenBytes: ASSEMBLE_BYTES,
    maxReady: ASSEMBLE_READY,
    open: (_, clock) => stage.open(clock),
    onUnreadable: (record, error, settle) => stage.unreadable(record, error, settle),
    report,
  });
  return {
    name: ASSEMBLE,
    reader,
    counts: () => ({
      spans: stage.counts.spans,
      interactions: stage.counts.interactions,
      cut: stage.counts.cut,
      released_early: stage.counts.releasedEarly,
      dead_letters: deadLetters.counts.get(ASSEMBLE) ?? 0,
      dead_letters_cut: deadLetters.cut.get(ASSEMBLE) ?? 0,
    }),
    dropped: () => ({ ...Object.fromEntries(stage.leftOut), malformed: stage.counts.malformed }),
    end: () => Promise.resolve(),
  };
}

function deliverStage(
  name: string,
  { settings, environment, report }: WorkerParts,
  { library, deadLetters }: SharedParts,
  destinationCount: number,
): RunningStage {
  const { connection, topics, group } = settings;
  const open = planDestination(name, {
    environment,
    content: resolveContent(undefined, environment),
    contentOnSpans: resolveCapture(environment, report).spans,
    spool: usableSpool(resolveSpool(undefined, environment), report),
    warn: report,
  });
  const feed = new Feed({ destination: name, open, report, concurrency: settings.concurrency });
  const stage = new DeliverStage({
    destination: name,
    feed,
    deadLetters,
    topic: topics.interactions,
    windowMillis: settings.orderWindowMillis,
  });
  const reader = new TopicReader({
    library,
    connection,
    groupId: `${group}-deliver-${name.replace(/[^A-Za-z0-9._-]/g, '_')}`,
    topic: topics.interactions,
    maxOpenBytes: Math.min(MAX_DELIVER_BYTES, Math.max(MIN_DELIVER_BYTES, DELIVER_BYTES / destinationCount)),
    maxReady: Math.max(MIN_DELIVER_READY, READY_PER_REQUEST * settings.concurrency),
    open: (_, clock) => stage.open(clock),
    onUnreadable: (record, error, settle) => stage.unreadable(record, error, settle),
    report,
  });
  return {
    name,
    reader,
    counts: () => {
      const { delivered = 0, coalesced = 0, retried = 0, spooled = 0 } = feed.stats() ?? {};
      return {
        interactions: stage.counts.interactions,
        delivered,
        coalesced,
        retried,
        refused: stage.counts.refused,
        spooled,
        out_of_order: stage.outOfOrder,
        released_early: stage.counts.releasedEarly,
        dead_letters: deadLetters.counts.get(name) ?? 0,
        dead_letters_cut: deadLetters.cut.get(name) ?? 0,
      };
    },
    dropped: () => ({
      skipped: feed.stats()?.skipped ?? 0,
      duplicate: feed.stats()?.dropped['duplicate'] ?? 0,
      malformed: stage.counts.malformed,
      never_fetched: stage.neverFetched,
    }),
    end: () => feed.end(STOP_MILLIS),
  };
}

function statusOf(
  { name, reader, counts, dropped }: RunningStage,
  topics: ReadonlyMap<string, TopicInfo>,
): StageStatus {
  const partitions = reader.status();
  const oldestAgeMillis = Math.max(0, ...partitions.map((each) => each.oldestAgeMillis));
  const retentionMillis = topics.get(reader.topic)?.retentionMillis;
  const { read, settled, gone } = reader.counts;
  return {
    name,
    group: reader.groupId,
    topic: reader.topic,
    isHealthy: reader.isHealthy,
    partitions,
    lag: partitions.reduce((sum, { lag }) => sum + lag, 0),
    oldestAgeMillis,
    ...(retentionMillis !== undefined && { retentionUsed: oldestAgeMillis / retentionMillis }),
    counts: { records: read, settled, ...counts() },
    dropped: { ...dropped(), gone },
  };
}
