import type { Delivery } from '../../gateway/api/routes.ts';

/** Dead letters with one cause: the same status and the same answer, but for ids and numbers in it. */
export interface DeadLetterGroup {
  readonly destination: string;
  readonly status: number | undefined;
  /** The answer as the newest of them got it. */
  readonly reason: string;
  /** The newest first. */
  readonly records: readonly Delivery[];
  readonly since: number;
}

export function groupsOf(records: readonly Delivery[]): DeadLetterGroup[] {
  const groups = new Map<string, Delivery[]>();
  for (const record of records) {
    const status = record.attempts.at(-1)?.status;
    const key = `${record.destination} ${status ?? ''} ${normalised(record.reason ?? '')}`;
    const same = groups.get(key);
    if (same) same.push(record);
    else groups.set(key, [record]);
  }
  return [...groups.values()].flatMap((same) => {
    const sorted = [...same].sort((a, b) => b.updatedAt - a.updatedAt);
    const [newest] = sorted;
    if (!newest) return [];
    return [
      {
        destination: newest.destination,
        status: newest.attempts.at(-1)?.status,
        reason: (newest.reason ?? '').replace(/^HTTP \d{3}:\s*/, '') || 'refused without a reason',
        records: sorted,
        since: Math.min(...sorted.map(({ updatedAt }) => updatedAt)),
      },
    ];
  });
}

/** Ids, numbers and texts in quotes differ from record to record, and are no other cause. */
function normalised(reason: string): string {
  return reason
    .replace(/"[^"]*"|'[^']*'/g, '…')
    .replace(/\b[\da-f]{8,}(?:-[\da-f]{4,})*\b/gi, '…')
    .replace(/\b[a-z]+_[A-Za-z0-9]{8,}\b/g, '…')
    .replace(/\d+/g, '…');
}
