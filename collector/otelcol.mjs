#!/usr/bin/env node
/**
 * A real OpenTelemetry Collector: built once from its Go module, cached outside the checkout.
 *
 *   node collector/otelcol.mjs build                      prints the path of the binary
 *   node collector/otelcol.mjs validate                   checks every configuration in collector/configs
 *   node collector/otelcol.mjs start NAME [OVERLAY...]    runs one of them, in the foreground
 *
 * A configuration takes its addresses, folders and limits from the environment; its first lines list the variables.
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runAsCommand } from './command.mjs';
import { goProgram } from './go-program.mjs';
import { answers, freePorts, startServer } from './server.mjs';

const CONFIGS = fileURLToPath(new URL('./configs', import.meta.url));

/** Values for the variables that a configuration requires, so that it can be checked without an environment. */
const PLACEHOLDERS = {
  BACKEND_ENDPOINT: 'http://127.0.0.1:4318',
  GATEWAY_ENDPOINT: 'http://127.0.0.1:4318',
  KAFKA_CA: '/etc/spanport/kafka-ca.pem',
  KAFKA_PASSWORD: 'placeholder',
  KAFKA_USERNAME: 'placeholder',
  KAFKA_BROKERS: '127.0.0.1:9092,127.0.0.2:9092',
  PAGE_ENDPOINT: 'http://127.0.0.1:4318',
  SPANPORT_ENDPOINT: 'http://127.0.0.1:4318',
  STORAGE_DIRECTORY: '/var/lib/spanport',
  TLS_CA: '/etc/spanport/ca.pem',
  TLS_CERTIFICATE: '/etc/spanport/tls.pem',
  TLS_KEY: '/etc/spanport/tls.key',
  TOKENS_FILE: '/etc/spanport/tokens',
};

const program = goProgram({ name: 'otelcol', folder: fileURLToPath(new URL('./otelcol', import.meta.url)) });

export const findOtelcol = program.find;
export const buildOtelcol = program.build;

/** Every configuration that runs by itself; an overlay is added to one of them. */
export const CONFIGURATIONS = readdirSync(CONFIGS)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.slice(0, -'.yaml'.length));

/** The arguments that name a configuration and the overlays added to it, which win over it. */
export function configArguments(name, overlays = []) {
  const files = [`${name}.yaml`, ...overlays.map((overlay) => join('overlays', `${overlay}.yaml`))];
  return files.flatMap((file) => ['--config', join(CONFIGS, file)]);
}

/**
 * Starts a built Collector on loopback ports as a child that cannot outlive this process. Resolves when its health
 * check answers. The same options start it again on the same ports.
 */
export async function startOtelcol({ config, overlays, env = {}, otlpPort, healthPort, metricsPort, logFile }) {
  const binary = findOtelcol();
  if (!binary) throw new Error('The Collector is not built yet. Run: node collector/otelcol.mjs build');
  const free = await freePorts(4);
  const ports = {
    otlpPort: otlpPort ?? free[0],
    healthPort: healthPort ?? free[1],
    metricsPort: metricsPort ?? free[2],
  };
  const server = await startServer({
    name: `Collector (${config})`,
    command: binary,
    args: configArguments(config, overlays),
    env: {
      OTLP_HTTP_ADDRESS: `127.0.0.1:${ports.otlpPort}`,
      OTLP_GRPC_ADDRESS: `127.0.0.1:${free[3]}`,
      HEALTH_ADDRESS: `127.0.0.1:${ports.healthPort}`,
      METRICS_HOST: '127.0.0.1',
      METRICS_PORT: String(ports.metricsPort),
      ...env,
    },
    logFile,
    ready: () => answers(`http://127.0.0.1:${ports.healthPort}/`, { ok: true }),
  });
  return {
    server,
    ...ports,
    otlpUrl: `http://127.0.0.1:${ports.otlpPort}`,
    metricsUrl: `http://127.0.0.1:${ports.metricsPort}/metrics`,
  };
}

/** Every configuration alone, and with the overlays that belong to it. */
export const COMBINATIONS = [
  ...CONFIGURATIONS.map((name) => [name]),
  ['agent', 'secure-agent'],
  ['gateway', 'secure-receiver'],
  ['gateway-kafka', 'secure-receiver', 'secure-kafka-writer'],
  ['kafka-view', 'secure-kafka-reader'],
];

async function validate() {
  const binary = await buildOtelcol();
  for (const [name, ...overlays] of COMBINATIONS) {
    await run(binary, ['validate', ...configArguments(name, overlays)], { ...process.env, ...PLACEHOLDERS });
    process.stdout.write(`${[name, ...overlays].join(' + ')}: valid\n`);
  }
}

function run(command, args, env = process.env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', env });
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`otelcol ended with code ${code}.`))));
  });
}

async function main() {
  const [command, ...names] = process.argv.slice(2);
  if (command === 'build') process.stdout.write(`${await buildOtelcol()}\n`);
  else if (command === 'validate') await validate();
  else if (command === 'start' && CONFIGURATIONS.includes(names[0]))
    await run(await buildOtelcol(), configArguments(names[0], names.slice(1)));
  else
    throw new Error(
      `Usage: node collector/otelcol.mjs build | validate | start ${CONFIGURATIONS.join('|')} [OVERLAY...]`,
    );
}

runAsCommand(import.meta.url, main);
