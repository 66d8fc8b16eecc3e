import { hasAnswer } from '../interaction/background-response.ts';
import type { Interaction } from '../interaction/interaction.ts';
import type { SqlRow } from '../sqlite/driver.ts';
import type { Receipt } from './interaction-row.ts';
import { layersOf, recordFrom } from './records.ts';
import type { Sources } from './sources.ts';

/** An interaction made of all rows that describe it. */
export interface Assembled {
  readonly interaction: Interaction;
  readonly receipt: Receipt;
  /** Whether reading its span gives the same interaction. */
  readonly isOfOneSpan: boolean;
  /** The row id of the span that it is named by. */
  readonly spanId: number | undefined;
}

/** @param rows of the spans that may describe the interaction */
export function assembled(
  sources: Sources,
  { project, key }: { readonly project: string; readonly key: string },
  rows: readonly SqlRow[],
): Assembled | undefined {
  const spans = rows.flatMap((row) => {
    const interaction = sources.interactionOf(row, project);
    return interaction?.id === key ? { interaction, row } : [];
  });
  const records = sources.records(project, key);
  const [first] = spans;
  if (!first || spans.length > 1 || records.length > 0) return combined(key, spans, records);
  return interactionOfSpan(sources, project, first.row);
}

/** The interaction that a span describes alone. */
export function interactionOfSpan(sources: Sources, project: string, row: SqlRow): Assembled | undefined {
  const interaction = sources.interactionOf(row, project);
  if (!interaction) return undefined;
  return {
    interaction,
    receipt: { receivedUs: Number(row['received_us']), receivedBy: String(row['received_by']) },
    isOfOneSpan: !sources.hasEvents(row, project),
    spanId: namingSpan(interaction.id, interaction, row),
  };
}

/**
 * Of the fetches of a background response, the latest with an answer: one after it may have failed. Without any, the
 * latest that read a status.
 */
export function answeringFetch(sources: Sources, fetches: readonly SqlRow[]): Interaction | undefined {
  let latest: Interaction | undefined;
  for (const fetch of fetches.toReversed()) {
    const [project, key] = [String(fetch['project']), String(fetch['key'])];
    const found = assembled(sources, { project, key }, sources.spans(project, key).rows)?.interaction;
    if (found && hasAnswer(found)) return found;
    if (found?.outcome.status === 'ok') latest ??= found;
  }
  return latest;
}

interface ReadSpan {
  readonly interaction: Interaction;
  readonly row: SqlRow;
}

function combined(key: string, spans: ReadSpan[], records: readonly SqlRow[]): Assembled | undefined {
  const rows = [...records, ...spans.map(({ row }) => row)];
  if (rows.length === 0) return undefined;
  spans.sort(
    (a, b) => a.interaction.endTime - b.interaction.endTime || (a.interaction.spanId < b.interaction.spanId ? -1 : 1),
  );
  // What a vendor's client wrote has fewer fields than a span, except for those that it changed.
  const layers = records.map((record) => layersOf(recordFrom(record)));
  const interaction: Interaction = Object.assign(
    {},
    ...layers.map(({ filling }) => filling),
    ...spans.map((each) => each.interaction),
    ...layers.map(({ replacing }) => replacing),
    { id: key },
  );
  const latest = spans.at(-1)?.row ?? records.at(-1);
  return {
    interaction,
    isOfOneSpan: false,
    receipt: {
      receivedUs: Math.max(...rows.map((row) => Number(row['received_us']))),
      receivedBy: String(latest?.['received_by']),
    },
    spanId: namingSpan(key, interaction, spans[0]?.row),
  };
}

/** A key of a trace and a span names that span alone. */
function namingSpan(key: string, { traceId, spanId }: Interaction, row: SqlRow | undefined): number | undefined {
  return row && key === `${traceId}:${spanId}` ? Number(row['id']) : undefined;
}
