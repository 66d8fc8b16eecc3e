import { userDataFolder } from '../configuration/user-folders.ts';
import type { Attempt } from '../delivery/delivery.ts';
import type { Settlement } from '../exporter/settling.ts';
import { timeFrom } from '../gateway/api/since.ts';
import { DeliveryNotes, type Underway } from '../gateway/delivery-notes.ts';
import { answerExcerpt } from '../gateway/own-secrets.ts';
import { maskSecrets } from '../interaction/mask.ts';
import type { SpanData } from '../semconv/span-data.ts';
import { spanDataOf } from '../semconv/to-span.ts';
import type { DeliveryNote } from '../store/port.ts';
import type { StoreReader } from '../store/reader.ts';
import type { Command } from './command.ts';
import { isComplete, namedBy, printDelivered, Sender } from './deliver.ts';
import { Failure } from './failure.ts';
import { openNoteWriter } from './forwarded.ts';
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
    const folder = typeof args['data'] === 'string' ? args['data'] : userDataFolder(process.env);
    const reader = openReader(folder);
    const warn = (message: string): void => void process.stderr.write(`${message}\n`);
    const dry = args['dry-run'] ? new RecordedRequests(names, secretsIn(process.env)) : undefined;
    const replaced = dry ? { transport: dry.transport, write: dry.write, spool: false as const } : {};
    const states = dry ? undefined : new States(folder, warn);
    const sender = new Sender(names, dry ? withSampleSettings(process.env) : process.env, {
      warn,
      namedBy: namedBy(args['to']),
      ...(states && { onAttempt: states.onAttempt }),
      ...replaced,
    });
    let interactions = 0;
    for (const page of pagesOf(reader, range)) {
      interactions += page.length;
      const spans = page.map(({ row, interaction }) => {
        const span = spanDataOf(interaction);
        states?.follow(row, span);
        return span;
      });
      await sender.send(spans, states?.onSettled);
    }
    reader.db.close();
    const delivered = await sender.finish();
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
      return found ? [found] : [];
    });
  }
}

/** Stores what becomes of each interaction, so that the page and the API show it as for records that a gateway forwards. */
class States {
  readonly #notes: DeliveryNotes<Underway>;
  readonly #collected: DeliveryNote[] = [];
  readonly #folder: string;
  readonly #warn: (message: string) => void;

  constructor(folder: string, warn: (message: string) => void) {
    this.#folder = folder;
    this.#warn = warn;
    this.#notes = new DeliveryNotes<Underway>({
      write: async (notes) => void this.#collected.push(...notes),
      find: async () => undefined,
      excerpt: answerExcerpt(process.env, maskSecrets),
    });
  }

  readonly onAttempt = (attempt: Attempt): void => this.#notes.attempted(attempt);
  readonly onSettled = ({ traceId, spanId }: SpanData, { destination, outcome }: Settlement): void => {
    const underway = this.#notes.followedBy(`${traceId}:${spanId}`);
    if (underway) this.#notes.settled(underway, destination, outcome);
  };

  follow({ id, project }: { readonly id: string; readonly project: string }, { traceId, spanId }: SpanData): void {
    this.#notes.follow([id, `${traceId}:${spanId}`], { project, interaction: id });
  }

  /** Writes them. What cannot be stored is a warning: the records themselves were sent. */
  async finish(): Promise<void> {
    await this.#notes.flush();
    if (this.#collected.length === 0) return;
    try {
      const writer = await openNoteWriter(this.#folder);
      if (!writer) {
        this.#warn(
          'The delivery states were not stored: another process has the data folder, and it is not your gateway.',
        );
        return;
      }
      await writer.write(this.#collected);
      await writer.close();
    } catch (error) {
      this.#warn(`The delivery states were not stored: ${(error as Error).message}`);
    }
  }
}
