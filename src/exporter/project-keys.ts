import { DEFAULT_PROJECT } from '../semconv/project.ts';

const PREFIX = 'project=';

/** An id as a key where the ids of all projects meet: in a spool, in a topic, in a map. */
export function keyIn(project: string, id: string): string {
  if (project === DEFAULT_PROJECT && !id.startsWith(PREFIX)) return id;
  return `${PREFIX}${encodeURIComponent(project.toWellFormed())} ${id}`;
}

/** The project and the id in a key that {@link keyIn} made. @throws URIError for a key that it did not make */
export function partsOf(key: string): { readonly project: string; readonly id: string } {
  const end = key.indexOf(' ');
  if (!key.startsWith(PREFIX) || end < 0) return { project: DEFAULT_PROJECT, id: key };
  return { project: decodeURIComponent(key.slice(PREFIX.length, end)), id: key.slice(end + 1) };
}
