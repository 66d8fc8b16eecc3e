#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { type ArgsDef, type CommandDef, runCommand } from 'citty';
import { didYouMean } from '../configuration/nearest.ts';
import type { Command } from './command.ts';
import { Failure } from './failure.ts';
import { type Group, printHelp } from './help.ts';
import { terminalOn } from './terminal.ts';

/** Each command loads when it is named, so that `spanport doctor` never pays for the demo. */
const commands = {
  conversations: () => import('./conversations.ts').then(({ default: command }) => command),
  db: () => import('./db.ts').then(({ default: command }) => command),
  demo: () => import('./demo.ts').then(({ default: command }) => command),
  doctor: () => import('./doctor.ts').then(({ default: command }) => command),
  export: () => import('./export.ts').then(({ default: command }) => command),
  forward: () => import('./forward.ts').then(({ default: command }) => command),
  import: () => import('./import.ts').then(({ default: command }) => command),
  search: () => import('./search.ts').then(({ default: command }) => command),
  spool: () => import('./spool.ts').then(({ default: command }) => command),
  traces: () => import('./traces.ts').then(({ default: command }) => command),
  up: () => import('./up.ts').then(({ default: command }) => command),
  worker: () => import('./worker.ts').then(({ default: command }) => command),
};

const version: string = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;

const groups: readonly Group[] = [
  { title: 'See calls to a model', commands: ['demo', 'up', 'conversations', 'traces', 'search'] },
  { title: 'Move records', commands: ['export', 'forward', 'import', 'worker'] },
  { title: 'Check and maintain', commands: ['doctor', 'spool', 'db'] },
];

const root: Command = {
  meta: {
    name: 'spanport',
    version,
    description: `Spanport ${version}: trace calls to OpenAI, see them on a page, export them to any OpenTelemetry backend or LLM logging vendor`,
  },
  subCommands: commands,
  examples: [
    'spanport up',
    'node --import spanport/register app.js',
    'spanport export --dry-run --to athina,inkeep spans.jsonl',
  ],
};

/** The command that the words name, and its own arguments. @throws Failure for an unknown command */
async function find(words: readonly string[]): Promise<{ command: Command; path: string[]; rest: string[] }> {
  let command: CommandDef = root;
  const path = ['spanport'];
  let rest = [...words];
  while (command.subCommands && rest[0] !== undefined && !rest[0].startsWith('-')) {
    const known = command.subCommands as Record<string, () => Promise<CommandDef>>;
    const [word] = rest;
    const next = Object.hasOwn(known, word) ? known[word] : undefined;
    if (!next) {
      const suggestion = didYouMean(word, command === root ? [...Object.keys(known), 'help'] : Object.keys(known));
      throw new Failure(
        `Unknown command '${[...path, word].join(' ')}'.${suggestion || ` Available: ${Object.keys(known).join(', ')}.`}`,
        2,
      );
    }
    command = typeof next === 'function' ? await next() : next;
    path.push(word);
    rest = rest.slice(1);
  }
  return { command, path, rest };
}

async function main(words: readonly string[]): Promise<void> {
  if (words.length === 1 && (words[0] === '--version' || words[0] === '-v')) return print(version);
  const asksForHelp = words[0] === 'help';
  const { command, path, rest } = await find(asksForHelp ? words.slice(1).filter((word) => word !== 'help') : words);
  const isRoot = path.length === 1;
  if (command.subCommands && !asksForHelp) refuseUnknown({ args: isRoot ? { version: {} } : {} }, path, rest);
  if (asksForHelp || command.subCommands || rest.includes('--help') || rest.includes('-h')) {
    return printHelp(terminalOn(process.stdout), command, path, isRoot ? groups : undefined);
  }
  refuseUnknown(command, path, rest);
  await runCommand(command, { rawArgs: rest });
}

/** citty ignores unknown options; a misspelt `--dry-run` must not send. */
function refuseUnknown(command: CommandDef, path: readonly string[], words: readonly string[]): void {
  const known = Object.keys((command.args ?? {}) as ArgsDef);
  for (const word of words) {
    if (word === '--') return;
    const name = /^--?([^=]+)/.exec(word)?.[1];
    if (name === undefined || name === 'help' || name === 'h') continue;
    if (known.includes(name.replace(/^no-/, ''))) continue;
    throw new Failure(
      `Unknown option '${word}' of ${path.join(' ')}.${didYouMean(
        `--${name}`,
        known.map((each) => `--${each}`),
      )} ${path.join(' ')} --help lists them.`,
      2,
    );
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

// `spanport … | head` closes the pipe early, which is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

// There is no reader left, and an error without a listener would end a gateway.
process.stderr.on('error', () => undefined);

function report(error: unknown): void {
  // By its name, because the demo loads the package as applications do, which is a copy with a class of its own.
  const isConfiguration = error instanceof Error && error.name === 'ConfigurationError';
  if (error instanceof Failure || isConfiguration) process.stderr.write(`${error.message}\n`);
  // citty's own errors about arguments are sentences, too. Everything else is a bug and keeps its stack.
  else if (error instanceof Error && error.name === 'CLIError') process.stderr.write(`${error.message}.\n`);
  else process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode =
    error instanceof Failure ? error.exitCode : error instanceof Error && error.name === 'CLIError' ? 2 : 1;
}

// What the package requests keeps no process alive, so that no application waits for it. A command waits for it.
const alive = setInterval(() => undefined, 60_000);
main(process.argv.slice(2))
  .catch(report)
  .finally(() => clearInterval(alive));
