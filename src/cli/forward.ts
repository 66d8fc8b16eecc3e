import { userDataFolder } from '../configuration/user-folders.ts';
import { timeFrom } from '../gateway/api/since.ts';
import { spanDataOf } from '../semconv/to-span.ts';
import type { StoreReader } from '../store/reader.ts';
import type { Command } from './command.ts';
import { isComplete, namedBy, printDelivered, Sender } from './deliver.ts';
import { Failure } from './failure.ts';
import { secretsIn, withSampleSettings } from './preview-environment.ts';
import { RecordedRequests } from './recorded-requests.ts';
import { openReader } from './stored-data.ts';
import { terminalOn } from './terminal.ts';

const PAGE = 200;

const command: Command = {
  meta: { name: 'forward', description: 'Send what the gateway has stored to destinations' },
  args: {
    to: { type: 'string', description: 'Destinations, separated by commas', required: true, valueHint: 'NAMES' },
    since: {
      type: 'string',
      description: 'Start of the range: a time, or 15m, 2h, 7d before now',
      required: true,
      valueHint: 'TIME',
    },
    until: { type: 'string', description: 'End of the range; else now', valueHint: 'TIME' },
    data: { type: 'string', description: 'The data folder; else the user’s own', valueHint: 'FOLDER' },
    'dry-run': { type: 'boolean', description: 'Print the requests as JSON and send nothing' },
  },
  examples: ['spanport forward --to inkeep --since 7d', 'spanport forward --to athina --since 2h --dry-run'],
  async run({ args }): Promise<void> {
    const names = String(args['to'])
      .split(',')
      .map((name) => name.trim());
    const range = {
      sinceUs: timeOf('since', args['since']),
      untilUs: timeOf('until', args['until'] ?? String(Date.now())),
    };
    const reader = openReader(typeof args['data'] === 'string' ? args['data'] : userDataFolder(process.env));
    const warn = (message: string): void => void process.stderr.write(`${message}\n`);
    const dry = args['dry-run'] ? new RecordedRequests(names, secretsIn(process.env)) : undefined;
    const replaced = dry ? { transport: dry.transport, write: dry.write, spool: false as const } : {};
    const sender = new Sender(names, dry ? withSampleSettings(process.env) : process.env, {
      warn,
      namedBy: namedBy(args['to']),
      ...replaced,
    });
    let interactions = 0;
    for (const page of pagesOf(reader, range)) {
      interactions += page.length;
      await sender.send(page.map(spanDataOf));
    }
    reader.db.close();
    const delivered = await sender.finish();
    if (dry) process.stdout.write(`${JSON.stringify(dry.all, null, 2)}\n`);
    else {
      const terminal = terminalOn(process.stdout);
      terminal.line(`${interactions} interactions read.`);
      printDelivered(terminal, delivered);
    }
    if (!isComplete(delivered)) process.exitCode = 1;
  },
};
export default command;

function timeOf(name: string, text: unknown): number {
  const us = timeFrom(String(text), Date.now());
  if (us === undefined) throw new Failure(`--${name} '${text}' is not a time. Use ISO 8601, or 15m, 2h, 7d.`, 2);
  return us;
}

/** The oldest first, as they happened: a conversation's history grows. */
function* pagesOf(reader: StoreReader, { sinceUs, untilUs }: { sinceUs: number; untilUs: number }) {
  const keys = reader.db.all(
    'SELECT key, project FROM interactions WHERE sort_us >= ? AND sort_us <= ? AND is_hidden = 0 ORDER BY sort_us, id',
    sinceUs,
    untilUs,
  );
  for (let at = 0; at < keys.length; at += PAGE) {
    yield keys.slice(at, at + PAGE).flatMap(({ key, project }) => {
      const found = reader.interaction(String(key), String(project));
      return found ? [found.interaction] : [];
    });
  }
}
