import type { SpanData } from '../semconv/span-data.ts';
import { DEFAULT_PROJECT } from '../store/project.ts';
import { RequestError } from './body.ts';

export { DEFAULT_PROJECT };

const OWN_ATTRIBUTE = 'spanport.project';
const ATTRIBUTES = [OWN_ATTRIBUTE, 'openinference.project.name'];
const MAX_PROJECT = 200;

/** The project that a resource names. */
export function projectOf(resource: SpanData['resource']): string {
  for (const name of ATTRIBUTES) {
    const value = resource[name];
    if (typeof value === 'string' && value !== '') return value.slice(0, MAX_PROJECT);
  }
  return DEFAULT_PROJECT;
}

/** The project that a header names. Other names are refused, so that a mistake does not create projects without end. */
export function projectFrom(header: string | readonly string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && /^[\w.@/ -]{1,200}$/.test(header)) return header;
  throw new RequestError(
    400,
    'wrong-project',
    'x-spanport-project is not a valid name: use letters, digits and . _ - @ /',
  );
}

/** A span whose resource names its project. A header that named it is not part of the span. */
export function withProject(span: SpanData, project: string): SpanData {
  if (projectOf(span.resource) === project) return span;
  return { ...span, resource: { ...span.resource, [OWN_ATTRIBUTE]: project } };
}

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
