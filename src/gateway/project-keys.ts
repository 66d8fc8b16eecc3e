import { DEFAULT_PROJECT } from './receiver.ts';

const PREFIX = 'project=';

/** The key of a project's record. The ids of different projects may be equal, and their records share a spool. */
export function keyIn(project: string, id: string): string {
  if (project === DEFAULT_PROJECT && !id.startsWith(PREFIX)) return id;
  return `${PREFIX}${encodeURIComponent(project.toWellFormed())} ${id}`;
}

/** The project and the id in a key that {@link keyIn} made. */
export function partsOf(key: string): { readonly project: string; readonly id: string } {
  const end = key.indexOf(' ');
  if (!key.startsWith(PREFIX) || end < 0) return { project: DEFAULT_PROJECT, id: key };
  return { project: decodeURIComponent(key.slice(PREFIX.length, end)), id: key.slice(end + 1) };
}
