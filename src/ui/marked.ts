import { signal } from '@preact/signals';

/** Two conversations or interactions, marked to be compared. Marking a third replaces the second. */
export const marked = signal<readonly string[]>([]);

export function toggleMark(id: string): void {
  const ids = marked.value;
  marked.value = ids.includes(id) ? ids.filter((each) => each !== id) : [...ids.slice(0, 1), id];
}

export function compareAddress(): string | undefined {
  const [a, b] = marked.value;
  return a === undefined || b === undefined ? undefined : `/compare?${new URLSearchParams({ a, b })}`;
}

/** Marks it, and leads to the comparison, or to the list where the second one is chosen. */
export function compareWith(id: string): string {
  if (!marked.value.includes(id)) toggleMark(id);
  return compareAddress() ?? '/conversations';
}

/** The letter of each marked id. */
export function markLetters(): Map<string, string> {
  return new Map(marked.value.map((id, index) => [id, index === 0 ? 'A' : 'B']));
}
