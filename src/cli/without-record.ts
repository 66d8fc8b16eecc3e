import { dialectOf } from '../semconv/dialects/index.ts';
import { readSpan } from '../semconv/from-spans.ts';
import type { SpanData } from '../semconv/span-data.ts';
import type { Terminal } from './terminal.ts';

/** Spans of one reason that are named one by one. */
const MAX_NAMED = 3;

/** Why a span makes no record of its own at a vendor. Undefined for calls, which do. */
function reasonFor(span: SpanData): string | undefined {
  const role = readSpan(span)?.role;
  const dialect = dialectOf(span)?.name;
  switch (role) {
    case 'call':
      return undefined;
    case 'outer':
      return `are around calls, whose records they complete (${dialect})`;
    case 'tool':
      return `are tool executions (${dialect})`;
    case 'part':
      return `describe no call to a model (${dialect})`;
    default:
      return 'are of no known dialect';
  }
}

/** Remembers which spans make no record at a vendor, and why. */
export class WithoutRecord {
  readonly #byReason = new Map<string, { readonly names: string[]; count: number }>();

  /** Passes spans on as they come. */
  async *watch(portions: AsyncIterable<readonly SpanData[]>): AsyncGenerator<readonly SpanData[]> {
    for await (const spans of portions) {
      for (const span of spans) this.#see(span);
      yield spans;
    }
  }

  #see(span: SpanData): void {
    const reason = reasonFor(span);
    if (reason === undefined) return;
    const known = this.#byReason.get(reason) ?? { names: [], count: 0 };
    if (known.names.length < MAX_NAMED) known.names.push(`'${span.name}'`);
    known.count += 1;
    this.#byReason.set(reason, known);
  }

  print({ colors, line }: Terminal): void {
    if (this.#byReason.size === 0) return;
    line(colors.bold('Spans that make no record at a vendor:'));
    for (const [reason, { names, count }] of this.#byReason) {
      const more = count > names.length ? ` and ${count - names.length} more` : '';
      line(`  ${names.join(', ')}${more} ${reason}.`);
    }
  }
}
