#!/usr/bin/env node
/**
 * A real Kafka broker (KRaft, one node) for tests and demos: its jars come from Maven, cached outside the checkout.
 *
 *   node collector/kafka.mjs install                                   prints the folder of the jars
 *   node collector/kafka.mjs start --data DIRECTORY [--port N]         formats DIRECTORY the first time
 *   node collector/kafka.mjs topics [--bootstrap HOST:PORT] [--partitions N] [--replication N]
 *
 * `start` prints `{"bootstrap":…}` once the broker answers, and ends on SIGTERM, on SIGINT, and when a piped stdin ends.
 * `topics` creates what is missing of collector/kafka/topics.json. It needs `npm install @platformatic/kafka`.
 */
import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve as resolvePath } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cacheDirectory } from '../scripts/cache-directory.mjs';
import { againIfItFails, missingCommand } from './again.mjs';
import { runAsCommand } from './command.mjs';
import { accepts, freePorts, serveUntilStopped, startServer } from './server.mjs';

const POM = fileURLToPath(new URL('./kafka/pom.xml', import.meta.url));

/** The topics of Spanport. The reasons for each setting are in collector/README.md. */
export const TOPICS = JSON.parse(readFileSync(new URL('./kafka/topics.json', import.meta.url), 'utf8'));

/** How long brokers may be without a heartbeat while topics are created. */
const FENCED_SECONDS = 120;

function jarsPath() {
  const hash = createHash('sha256').update(readFileSync(POM)).digest('hex').slice(0, 16);
  return join(cacheDirectory(), `kafka-${hash}`);
}

/** The folder of the jars if they were fetched before, else undefined. */
export function findKafka() {
  return existsSync(jarsPath()) ? jarsPath() : undefined;
}

/** Fetches the jars unless they exist. Seconds when cold. Resolves to their folder. */
export async function installKafka() {
  const jars = jarsPath();
  if (existsSync(jars)) return jars;
  mkdirSync(cacheDirectory(), { recursive: true });
  // Fetched under another name and renamed, so that an interrupted download is never taken for a whole one.
  const unfinished = `${jars}.${process.pid}`;
  try {
    const copy = ['-q', '-B', '-f', POM, 'dependency:copy-dependencies', `-DoutputDirectory=${unfinished}`];
    await againIfItFails('Maven', () => run('mvn', copy));
    renameSync(unfinished, jars);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return jars;
}

/**
 * Starts a broker on 127.0.0.1 whose data lies in `directory`. The same directory and port start the same broker again,
 * with its topics and records. Its replication is 1, so it is for tests and demos, not for production.
 * With `secure` it also has a listener with TLS and SASL and one with client certificates, and it checks rights.
 */
export async function startKafka({ directory, port, logFile, secure }) {
  const jars = findKafka();
  if (!jars) throw new Error('Kafka is not installed yet. Run: node collector/kafka.mjs install');
  const properties = join(directory, 'server.properties');
  if (!existsSync(properties)) {
    mkdirSync(directory, { recursive: true });
    const [freePort, controllerPort, saslPort, tlsPort] = await freePorts(4);
    const ports = { PLAINTEXT: port ?? freePort, CONTROLLER: controllerPort };
    if (secure) Object.assign(ports, { SASL_SSL: saslPort, SSL: tlsPort });
    const text = serverProperties({ directory: resolvePath(directory), ports, secure });
    const unformatted = `${properties}.unformatted`;
    writeFileSync(unformatted, text);
    const users = Object.entries(secure?.users ?? {}).flatMap(([name, password]) => [
      '--add-scram',
      `SCRAM-SHA-512=[name=${name},password=${password}]`,
    ]);
    const format = ['format', '--standalone', '-t', clusterId(), '-c', unformatted, ...users];
    await java(jars, 'kafka.tools.StorageTool', ...format);
    renameSync(unformatted, properties);
  }
  const [listeners] = /^listeners=.*$/m.exec(readFileSync(properties, 'utf8'));
  const address = (name) => new RegExp(`\\b${name}://([^,]+)`).exec(listeners)?.[1];
  const bootstrap = address('PLAINTEXT');
  const brokerPort = Number(bootstrap.split(':')[1]);
  const server = await startServer({
    name: 'Kafka',
    command: 'java',
    args: ['-Xms128m', '-Xmx384m', '-XX:+UseSerialGC', '-cp', join(jars, '*'), 'kafka.Kafka', properties],
    logFile,
    ready: () => accepts(brokerPort),
  });
  return { server, port: brokerPort, bootstrap, saslBootstrap: address('SASL_SSL'), tlsBootstrap: address('SSL') };
}

function serverProperties({ directory, ports, secure }) {
  const listeners = Object.entries(ports).map(([name, port]) => `${name}://127.0.0.1:${port}`);
  const protocols = Object.keys(ports).map((name) => `${name}:${name === 'CONTROLLER' ? 'PLAINTEXT' : name}`);
  return `${[
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.bootstrap.servers=127.0.0.1:${ports.CONTROLLER}`,
    `listeners=${listeners}`,
    `advertised.listeners=${listeners}`,
    'controller.listener.names=CONTROLLER',
    `listener.security.protocol.map=${protocols}`,
    `log.dirs=${directory}/log`,
    // A misspelled topic is an error here rather than a new topic with one partition.
    'auto.create.topics.enable=false',
    'message.max.bytes=20971520',
    // After a kill the newest segment of each partition is read as a whole.
    'log.segment.bytes=67108864',
    'offsets.topic.replication.factor=1',
    'offsets.topic.num.partitions=4',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'transaction.state.log.num.partitions=4',
    'share.coordinator.state.topic.replication.factor=1',
    'share.coordinator.state.topic.min.isr=1',
    'group.initial.rebalance.delay.ms=0',
    // A broker that was killed may register again after this time; the default is 9 s. One that is busy must not take longer
    // for a heartbeat: its partitions would have no leader until the next one.
    'broker.session.timeout.ms=6000',
    'broker.heartbeat.interval.ms=500',
    // A killed consumer is noticed after its session timeout, which tests make short.
    'group.min.session.timeout.ms=1000',
    ...(secure ? secureProperties(secure) : []),
  ].join('\n')}\n`;
}

/** Clients of the plain listener may do everything; the users of the others need rights. */
function secureProperties({ keyFile, certificateFile, users }) {
  const security = 'org.apache.kafka.common.security';
  const passwords = Object.entries(users).map(([name, password]) => ` user_${name}="${password}"`);
  return [
    'ssl.keystore.type=PEM',
    `ssl.keystore.location=${keyFile}`,
    'ssl.truststore.type=PEM',
    `ssl.truststore.location=${certificateFile}`,
    'listener.name.ssl.ssl.client.auth=required',
    'sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512',
    `listener.name.sasl_ssl.plain.sasl.jaas.config=${security}.plain.PlainLoginModule required${passwords.join('')};`,
    `listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=${security}.scram.ScramLoginModule required;`,
    'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users=User:ANONYMOUS',
  ];
}

/** Kafka writes its ids as 22 characters of URL-safe base64. One with a dash in front would be read as an option. */
function clusterId() {
  const id = Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url');
  return id.startsWith('-') ? clusterId() : id;
}

/** Creates the topics that are missing and resolves to their names. */
export async function createTopics({ bootstrap, partitions, replication = 3, topics = TOPICS }) {
  const { Admin } = await import('@platformatic/kafka');
  const admin = new Admin({ clientId: 'spanport-topics', bootstrapBrokers: [bootstrap], retries: 20, retryDelay: 500 });
  try {
    const existing = new Set(await admin.listTopics());
    const missing = topics.filter(({ name }) => !existing.has(name));
    for (const topic of missing) {
      const configs = { ...topic.configs };
      configs['min.insync.replicas'] = String(Math.min(Number(configs['min.insync.replicas']), replication));
      await onceNotFenced(() =>
        admin.createTopics({
          topics: [topic.name],
          partitions: partitions ?? topic.partitions,
          replicas: replication,
          configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
        }),
      );
    }
    return missing.map(({ name }) => name);
  } finally {
    await admin.close();
  }
}

/** Brokers that were too busy for a heartbeat get no partitions until the next one, and the client does not wait for that. */
async function onceNotFenced(request) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await request();
    } catch (error) {
      const refusal = error.findBy?.('apiId', 'INVALID_REPLICATION_FACTOR');
      if (!/\bfenced\b/.test(refusal?.serverErrorMessage) || attempt === FENCED_SECONDS) throw error;
      await sleep(1000);
    }
  }
}

function java(jars, ...args) {
  return run('java', ['-cp', join(jars, '*'), ...args]);
}

function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.once('error', (error) =>
      reject(error.code === 'ENOENT' ? missingCommand(`Kafka needs \`${command}\`, which is not on the PATH.`) : error),
    );
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${command} ended with code ${code}.\n${output}`)),
    );
  });
}

async function main() {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      port: { type: 'string' },
      bootstrap: { type: 'string', default: '127.0.0.1:9092' },
      partitions: { type: 'string' },
      replication: { type: 'string', default: '3' },
    },
  });
  const [command] = positionals;
  if (command === 'install') process.stdout.write(`${await installKafka()}\n`);
  else if (command === 'start' && values.data) {
    await installKafka();
    const { server, bootstrap } = await startKafka({ directory: values.data, port: values.port ?? 9092 });
    await serveUntilStopped(server, { bootstrap });
  } else if (command === 'topics') {
    const created = await createTopics({
      bootstrap: values.bootstrap,
      replication: Number(values.replication),
      partitions: values.partitions && Number(values.partitions),
    });
    process.stdout.write(`${JSON.stringify({ created })}\n`);
  } else
    throw new Error(
      'Usage: node collector/kafka.mjs install | start --data DIRECTORY [--port N] | topics [--bootstrap HOST:PORT]',
    );
}

runAsCommand(import.meta.url, main);
