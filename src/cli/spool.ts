import { join } from 'node:path';
import type { ArgsDef } from 'citty';
import {
  type DeadLetter,
  dropRecords,
  hasSpool,
  replayDeadLetters,
  type SpoolStatus,
  spoolStatus,
} from '../delivery/spool/inspect.ts';
import { resolveSpool } from '../exporter/settings.ts';
import type { Command } from './command.ts';
import { Failure } from './failure.ts';
import { ownGateway } from './own-gateway.ts';
import { terminalOn } from './terminal.ts';

/** In its data folder. */
const GATEWAY_SPOOL = 'spool';

const shared: ArgsDef = {
  dir: { type: 'string', description: 'The spool; else SPANPORT_SPOOL_DIR', valueHint: 'FOLDER' },
  destination: { type: 'string', description: 'Only the records of one destination', valueHint: 'NAME' },
  json: { type: 'boolean', description: 'Print one JSON document' },
};

async function dirOf(args: Readonly<Record<string, unknown>>): Promise<string> {
  const given = typeof args['dir'] === 'string' ? { dir: args['dir'] } : undefined;
  const settings = resolveSpool(given, process.env);
  if (settings) return settings.dir;
  const gateway = await ownGateway();
  const own = gateway && join(gateway.folder, GATEWAY_SPOOL);
  const hint = own && hasSpool(own) ? ` That of your gateway at ${gateway.url}: --dir ${own}` : '';
  throw new Failure(`No spool is set: name its directory with --dir, or set SPANPORT_SPOOL_DIR.${hint}`, 2);
}

const destinationOf = ({ destination }: Readonly<Record<string, unknown>>): string | undefined =>
  typeof destination === 'string' ? destination : undefined;

function report(args: Readonly<Record<string, unknown>>, result: object, sentence: string): void {
  process.stdout.write(args['json'] ? `${JSON.stringify(result, null, 2)}\n` : `${sentence}\n`);
}

const status: Command = {
  meta: {
    name: 'status',
    description: 'Show the records that wait for each destination, and the dead letters with their reasons',
  },
  args: shared,
  async run({ args }): Promise<void> {
    const dir = await dirOf(args);
    if (!hasSpool(dir)) throw new Failure(`${dir} holds no spool: no process has written records there.`);
    const status = spoolStatus(dir, destinationOf(args));
    if (args['json']) process.stdout.write(`${JSON.stringify(status, null, 2)}\n`);
    else printStatus(status);
  },
};

function printStatus({
  destinations,
  dead,
}: {
  destinations: readonly SpoolStatus[];
  dead: readonly DeadLetter[];
}): void {
  const { colors, line } = terminalOn(process.stdout);
  if (destinations.length === 0 && dead.length === 0) line('The spool is empty.');
  for (const { name, records, bytes, oldest } of destinations) {
    line(
      `${colors.bold(name)}: ${records} waiting, ${bytes} bytes, the oldest since ${new Date(oldest).toISOString()}.`,
    );
  }
  for (const { destination, key, at, reason } of dead) {
    line(`${colors.red('✗')} ${colors.bold(destination)} rejected ${key} at ${new Date(at).toISOString()}: ${reason}`);
  }
}

const replay: Command = {
  meta: { name: 'replay', description: 'Put dead letters back in the queue; the next process that runs sends them' },
  args: shared,
  async run({ args }): Promise<void> {
    const replayed = replayDeadLetters(await dirOf(args), destinationOf(args));
    report(args, { replayed }, `${replayed} dead letters wait to be sent again.`);
  },
};

const drop: Command = {
  meta: { name: 'drop', description: 'Delete dead letters; with --waiting also what has not been delivered' },
  args: { ...shared, waiting: { type: 'boolean', description: 'Delete waiting records as well' } },
  async run({ args }): Promise<void> {
    const dropped = dropRecords(await dirOf(args), {
      destination: destinationOf(args),
      waiting: args['waiting'] === true,
    });
    report(args, { dropped }, `${dropped} records deleted.`);
  },
};

const command: Command = {
  meta: { name: 'spool', description: 'Inspect and manage undelivered records' },
  examples: ['spanport spool status --dir ./spool', 'spanport spool replay --destination athina'],
  subCommands: { status: () => status, replay: () => replay, drop: () => drop },
};
export default command;
