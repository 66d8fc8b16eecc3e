#!/usr/bin/env node
/**
 * A real Jaeger for tests and for reading traces: built once from its Go module, cached outside the checkout.
 *
 *   node collector/jaeger.mjs build                          prints the path of the binary
 *   node collector/jaeger.mjs start [--otlp-port N] [--query-port N] [--data DIRECTORY]
 *
 * `start` keeps the traces in memory, or in badger below DIRECTORY. It prints one line of JSON,
 * `{"otlpUrl":…,"queryUrl":…}`, once both ports answer. It ends on SIGTERM, on SIGINT, and when a piped stdin ends, so
 * that a parent that dies leaves no Jaeger behind.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runAsCommand } from './command.mjs';
import { goProgram } from './go-program.mjs';
import { answers, freePorts, serveUntilStopped, startServer } from './server.mjs';

const MODULE = fileURLToPath(new URL('./jaeger', import.meta.url));

const program = goProgram({ name: 'jaeger', folder: MODULE, package: jaegerPackage() });

export const findJaeger = program.find;
export const buildJaeger = program.build;

/** The package that go.mod names as a tool, so that its name and version are written once. */
function jaegerPackage() {
  const line = /^tool (\S+)$/m.exec(readFileSync(join(MODULE, 'go.mod'), 'utf8'));
  if (!line) throw new Error('collector/jaeger/go.mod has no `tool` line.');
  return line[1];
}

/**
 * Starts a built Jaeger on loopback ports, free ones unless they are named, as a child that cannot outlive this process.
 * Rejects when it was never built: the test decides whether that is a skip or a failure.
 */
export async function startJaeger({ otlpPort, queryPort, directory } = {}) {
  const binary = findJaeger();
  if (!binary) throw new Error('Jaeger is not built yet. Run: node collector/jaeger.mjs build');
  const [freeOtlp, freeQuery] = await freePorts(2);
  const otlp = `127.0.0.1:${otlpPort ?? freeOtlp}`;
  const query = `127.0.0.1:${queryPort ?? freeQuery}`;
  const server = await startServer({
    name: 'Jaeger',
    command: binary,
    args: ['--config', join(MODULE, directory ? 'badger.yaml' : 'config.yaml')],
    env: {
      JAEGER_OTLP_ADDRESS: otlp,
      JAEGER_QUERY_ADDRESS: query,
      JAEGER_DATA: directory,
      // By default Jaeger sends its own traces to port 4317.
      OTEL_TRACES_SAMPLER: 'always_off',
    },
    ready: () => answers(`http://${query}/api/services`).then(() => answers(`http://${otlp}/`)),
  });
  return { server, otlpUrl: `http://${otlp}`, queryUrl: `http://${query}`, close: server.stop };
}

async function main() {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { 'otlp-port': { type: 'string' }, 'query-port': { type: 'string' }, data: { type: 'string' } },
  });
  if (positionals[0] === 'build') process.stdout.write(`${await buildJaeger()}\n`);
  else if (positionals[0] === 'start') {
    await buildJaeger();
    const { server, otlpUrl, queryUrl } = await startJaeger({
      otlpPort: values['otlp-port'],
      queryPort: values['query-port'],
      directory: values.data,
    });
    await serveUntilStopped(server, { otlpUrl, queryUrl });
  } else
    throw new Error('Usage: node collector/jaeger.mjs build | start [--otlp-port N] [--query-port N] [--data DIR]');
}

runAsCommand(import.meta.url, main);
