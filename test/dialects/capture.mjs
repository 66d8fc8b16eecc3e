#!/usr/bin/env node
/**
 * Runs a sender's real package against a fake OpenAI and keeps the spans it makes.
 *
 *   node test/dialects/capture.mjs NAME FOLDER [--out FILE] [--python PATH]
 *
 * FOLDER holds the sender's packages (`installSender`, or by hand for Python). Without --out the fixture of that name is
 * written anew.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startExchanges } from './exchanges.mjs';
import { manifestOf, senders } from './senders.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const fixtures = fileURLToPath(new URL('../fixtures/captured-spans/', import.meta.url));

/** Installs the packages of a sender from the npm registry. */
export async function installSender(name, folder) {
  await install(manifestOf(name), folder);
}

/** Installs packages from the npm registry. */
export async function installPackages(packages, folder) {
  await install({ private: true, type: 'module', dependencies: packages }, folder);
}

async function install(manifest, folder) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 1));
  await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--silent'], folder, {});
}

/**
 * @param startFakeOpenAI of `spanport/testing`, built or not
 * @returns the spans and log records of each scenario
 */
export async function captureSender(name, folder, startFakeOpenAI, python = 'python3') {
  const { program, argument, environment, registry } = senders[name];
  const { urls, close } = await startExchanges(startFakeOpenAI);
  const out = join(folder, `captured-${name}.json`);
  try {
    cpSync(join(here, 'senders'), folder, { recursive: true });
    const command = registry === 'pypi' ? python : process.execPath;
    await run(command, [program, ...(argument ? [argument] : [])], folder, {
      ...environment,
      CAPTURE_URLS: JSON.stringify(urls),
      CAPTURE_OUT: out,
    });
    return portable(readFileSync(out, 'utf8'), urls, folder);
  } finally {
    rmSync(out, { force: true });
    await close();
  }
}

/** Ports and folders differ from run to run. A fixture names one of each, and no stack beyond its first line. */
function portable(text, urls, folder) {
  const ports = Object.values(urls).map((url) => new URL(url).port);
  const captured = text
    .replaceAll(new RegExp(`\\b(?:${ports.join('|')})\\b`, 'g'), '8080')
    .replaceAll(realpathSync(folder), '/app');
  return JSON.parse(captured, (_, value) =>
    typeof value === 'string' && /\n\s+(?:at |File ")/.test(value)
      ? value.replace(/\n\s+(?:at |File ")[\s\S]*$/, '')
      : value,
  );
}

function run(command, args, cwd, environment) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...environment, OPENAI_API_KEY: 'test' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said = (said + chunk).slice(-4_000);
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code}: ${said}`));
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { out: { type: 'string' }, python: { type: 'string' }, install: { type: 'boolean' } },
  });
  const [name, folder] = positionals;
  if (values.install) await installSender(name, folder);
  const { startFakeOpenAI } = await import('../../dist/testing.js');
  const captured = await captureSender(name, folder, startFakeOpenAI, values.python);
  const { packages, registry } = senders[name];
  const file = values.out ?? join(fixtures, `${name}.json`);
  writeFileSync(file, `${JSON.stringify({ name, registry, packages, scenarios: captured }, null, 1)}\n`);
}
