import type { ArgsDef } from 'citty';
import type { Interaction } from '../interaction/interaction.ts';
import { spanDataOf } from '../semconv/to-span.ts';
import type { Command } from './command.ts';
import { destinationNames, isComplete, namedBy, printDelivered, Sender } from './deliver.ts';
import { Failure } from './failure.ts';
import { MAX_NAMED, readRecords, reasonOf, SourceReport } from './span-source.ts';
import { terminalOn } from './terminal.ts';

const shared = {
  to: {
    type: 'string',
    description: 'Destinations, separated by commas; else those of the environment',
    valueHint: 'NAMES',
  },
  json: { type: 'boolean', description: 'Print one JSON document' },
} as const;

const fileArgs: ArgsDef = {
  path: {
    type: 'positional',
    description: 'Records of a vendor: a JSON list, or one record per line; - is stdin',
    required: true,
  },
  from: {
    type: 'string',
    description: 'The vendor of the records; else recognised by the first one',
    valueHint: 'NAME',
  },
  ...shared,
};

const importFile: Command = {
  meta: { name: 'file', description: 'Send a vendor’s own records from a file to destinations' },
  args: fileArgs,
  examples: ['spanport import file kore.jsonl --to athina', 'spanport import file - --from reconify --to inkeep'],
  notes: ['For a file of spans use spanport export.'],
  async run({ args }): Promise<void> {
    const path = String(args['path']);
    const from = typeof args['from'] === 'string' ? args['from'] : undefined;
    const sender = openSender(args);
    const read = new SourceReport(path, warn);
    await sender.sendAll(readRecords(path, from, read));
    const { spans, unreadable } = read;
    await report(sender, args, { spans, ...(unreadable > 0 && { unreadable }) });
    if (unreadable > 0) process.exitCode = 1;
  },
};

const koreArgs: ArgsDef = {
  since: {
    type: 'string',
    description: 'First day or moment, such as 2026-01-31; UTC',
    required: true,
    valueHint: 'DATE',
  },
  until: {
    type: 'string',
    description: 'Last day or moment; a day counts to its end. Default: now',
    valueHint: 'DATE',
  },
  state: {
    type: 'string',
    description: 'Remembers what was read, so that a second run continues from there',
    valueHint: 'FILE',
  },
  developer: { type: 'boolean', description: 'Include the test calls of the bot’s designers' },
  ...shared,
};

const importKore: Command = {
  meta: {
    name: 'kore',
    description: 'Send the LLM usage logs of a Kore.ai host to destinations',
  },
  args: koreArgs,
  examples: ['spanport import kore --since 2026-01-01 --to athina --state kore-state.json'],
  notes: ['The host and its credentials come from KORE_HOST, KORE_BOT_ID, KORE_CLIENT_ID and KORE_CLIENT_SECRET.'],
  async run({ args }): Promise<void> {
    const { importKore } = await import('../kore-import/import-kore.ts');
    const { KoreImportError } = await import('../kore-import/fetch-page.ts');
    const environment = process.env;
    const sender = openSender(args);
    const progress = terminalOn(process.stderr);
    const read = new UnreadableRecords((message) => progress.line(message));
    try {
      const summary = await importKore(
        {
          host: environment['KORE_HOST'] ?? '',
          botId: environment['KORE_BOT_ID'] ?? '',
          clientId: environment['KORE_CLIENT_ID'] ?? '',
          clientSecret: environment['KORE_CLIENT_SECRET'] ?? '',
          from: String(args['since']),
          to: typeof args['until'] === 'string' ? args['until'] : new Date().toISOString(),
          ...(args['developer'] === true && { filters: { isDeveloper: true } }),
          ...(typeof args['state'] === 'string' && { stateFile: args['state'] }),
          onWait: ({ millis, reason }) => progress.line(`Waiting ${Math.ceil(millis / 1_000)} s: ${reason}.`),
          onUnreadable: (_, error) => read.refuse(error),
          onProgress: ({ window, summary }) =>
            progress.line(`${window.from} … ${window.to}: ${summary.records} records`),
        },
        (interaction: Interaction) => sender.send([spanDataOf(interaction)]),
      );
      read.finish();
      await report(sender, args, summary);
    } catch (error) {
      await sender.finish();
      if (error instanceof KoreImportError) throw new Failure(error.message);
      throw error;
    }
  },
};

const command: Command = {
  meta: {
    name: 'import',
    description: 'Send records of other systems to destinations: a vendor’s file, a Kore.ai host',
  },
  examples: ['spanport import file kore.jsonl --to athina', 'spanport import kore --since 2026-01-01 --to athina'],
  subCommands: { file: () => importFile, kore: () => importKore },
};
export default command;

/** Names the first records that could not be read, and counts the others. */
class UnreadableRecords {
  readonly #warn: (message: string) => void;
  #count = 0;

  constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  refuse(error: unknown): void {
    this.#count += 1;
    if (this.#count <= MAX_NAMED) this.#warn(`A record is left out: ${reasonOf(error)}.`);
  }

  finish(): void {
    if (this.#count > MAX_NAMED) this.#warn(`${this.#count} records left out in all.`);
  }
}

function warn(message: string): void {
  process.stderr.write(`${message}\n`);
}

/** A vendor's record names no project, and a file or a host has one set of ids: all is of the default project. */
function openSender(args: Readonly<Record<string, unknown>>): Sender {
  return new Sender(destinationNames(args['to'], process.env, warn), process.env, {
    warn,
    namedBy: namedBy(args['to']),
  });
}

async function report(
  sender: Sender,
  args: Readonly<Record<string, unknown>>,
  read: Readonly<Record<string, number>> | object,
): Promise<void> {
  const delivered = await sender.finish();
  if (args['json']) {
    process.stdout.write(`${JSON.stringify({ read, delivered }, null, 2)}\n`);
  } else {
    const terminal = terminalOn(process.stdout);
    terminal.line(
      `Read ${Object.entries(read)
        .map(([what, count]) => `${count} ${what}`)
        .join(', ')}.`,
    );
    printDelivered(terminal, delivered);
  }
  if (!isComplete(delivered)) process.exitCode = 1;
}
