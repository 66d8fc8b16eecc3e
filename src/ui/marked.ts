import { signal } from '@preact/signals';
import { named } from './places.ts';

/** A conversation or an interaction. */
export interface Marked {
  readonly id: string;
  /** Of an interaction: several projects can have its id. */
  readonly project?: string;
  readonly title: string;
}

/** The two to be compared. Marking a third replaces the second. */
export const marked = signal<readonly Marked[]>([]);

export function isMarked(id: string): boolean {
  return marked.value.some((each) => each.id === id);
}

export function toggleMark(one: Marked): void {
  const { value } = marked;
  marked.value = isMarked(one.id) ? value.filter(({ id }) => id !== one.id) : [...value.slice(0, 1), one];
}

export function compareAddress(): string | undefined {
  const [a, b] = marked.value;
  if (!a || !b) return undefined;
  const query = new URLSearchParams({ a: a.id, b: b.id });
  for (const [name, { project }] of [
    ['a-project', a],
    ['b-project', b],
  ] as const)
    if (project !== undefined && named(project)) query.set(name, project);
  return `/compare?${query}`;
}

/** Marks it, and leads to the comparison, or to the list where the second one is chosen. */
export function compareWith(one: Marked): string {
  if (!isMarked(one.id)) toggleMark(one);
  return compareAddress() ?? '/conversations';
}

/** The letter of each marked id. */
export function markLetters(): Map<string, string> {
  return new Map(marked.value.map(({ id }, index) => [id, index === 0 ? 'A' : 'B']));
}
