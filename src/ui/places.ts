/** The project that the gateway takes where an address names none. */
export const DEFAULT_PROJECT = 'default';

/** Several projects can have an interaction of the same id. */
export interface InteractionKey {
  readonly id: string;
  readonly project: string;
}

/** Where a trace is on the page, and one of its spans. */
export interface TracePlace {
  readonly traceId: string;
  readonly spanId?: string | undefined;
  readonly project: string;
}

export function traceAddress({ traceId, spanId, project }: TracePlace): string {
  return withParts(`/t/${encodeURIComponent(traceId)}`, { span: spanId, project: named(project) });
}

/** @param pair the two destinations that are shown side by side */
export function payloadAddress(
  { id, project }: InteractionKey,
  destination: string,
  pair: { readonly left?: string; readonly right?: string } = {},
): string {
  const path = `/i/${encodeURIComponent(id)}/destinations/${encodeURIComponent(destination)}`;
  return withParts(path, { ...pair, project: named(project) });
}

export function chatAddress(chatId: string, project: string): string {
  return withParts('/chat', { chatId, project: named(project) });
}

/** The name of a project as an address has it. */
export function named(project: string): string | undefined {
  return project === DEFAULT_PROJECT ? undefined : project;
}

function withParts(path: string, parts: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parts)) if (value !== undefined) query.set(name, value);
  return query.size === 0 ? path : `${path}?${query}`;
}
