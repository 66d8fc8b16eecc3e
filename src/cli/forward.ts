import { timeFrom } from '../gateway/api/since.ts';
import { withProject } from '../semconv/project.ts';
import { interactionToSend } from '../store/background.ts';
import type { StoreReader } from '../store/reader.ts';
import type { Command } from './command.ts';
import { destinationNames, isComplete, namedBy, printDelivered, Sender } from './deliver.ts';
import { Failure } from './failure.ts';
import { ForwardStates } from './forward-states.ts';
import { dataFolder, dataOption } from './own-gateway.ts';
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
    ...dataOption,
    'dry-run': { type: 'boolean', description: 'Print the requests as JSON and send nothing' },
  },
  examples: ['spanport forward --to inkeep --since 7d', 'spanport forward --to athina --since 2h --dry-run'],
  async run({ args }): Promise<void> {
    const warn = (message: string): void => void process.stderr.write(`${message}\n`);
    const names = destinationNames(args['to'], {}, warn);
    const range = {
      sinceUs: timeOf('since', args['since']),
      untilUs: timeOf('until', args['until'] ?? String(Date.now())),
    };
    const folder = await dataFolder(args);
    const reader = await openReader(folder);
    const dry = args['dry-run'] ? new RecordedRequests(names, secretsIn(process.env)) : undefined;
    const replaced = dry ? { transport: dry.transport, write: dry.write, spool: false as const } : {};
    const states = dry ? undefined : new ForwardStates(folder, warn);
    const sender = new Sender(names, dry ? withSampleSettings(process.env) : process.env, {
      warn,
      namedBy: namedBy(args['to']),
      ...(states && { onAttempt: states.onAttempt }),
      ...replaced,
    });
    let interactions = 0;
    for (const project of projectsIn(reader, range)) {
      for (const page of pagesOf(reader, project, range)) {
        interactions += page.length;
        const spans = page.map((each) => {
          states?.follow(each);
          return withProject(each.span, project);
        });
        await sender.send(spans, states?.onSettled);
      }
    }
    const delivered = await sender.finish();
    reader.db.close();
    await states?.finish();
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

interface Range {
  readonly sinceUs: number;
  readonly untilUs: number;
}

function projectsIn(reader: StoreReader, { sinceUs, untilUs }: Range): string[] {
  const rows = reader.db.all(
    'SELECT DISTINCT project FROM interactions WHERE sort_us >= ? AND sort_us <= ? AND is_hidden = 0 ORDER BY project',
    sinceUs,
    untilUs,
  );
  return rows.map(({ project }) => String(project));
}

/** The oldest first, as they happened: a conversation's history grows. */
function* pagesOf(reader: StoreReader, project: string, { sinceUs, untilUs }: Range) {
  const keys = reader.db.all(
    `SELECT key FROM interactions WHERE project = ? AND sort_us >= ? AND sort_us <= ? AND is_hidden = 0
       ORDER BY sort_us, id`,
    project,
    sinceUs,
    untilUs,
  );
  for (let at = 0; at < keys.length; at += PAGE) {
    yield keys.slice(at, at + PAGE).flatMap(({ key }) => interactionToSend(reader, String(key), project) ?? []);
  }
}
