import { toJson } from '../interaction/json.ts';
import type { SpanData } from './span-data.ts';

/** The project of spans that name none. */
export const DEFAULT_PROJECT = 'default';

const OWN_ATTRIBUTE = 'spanport.project';
const ATTRIBUTES = [OWN_ATTRIBUTE, 'openinference.project.name'];
const MAX_PROJECT = 200;

/** The project that a resource names: an application, whose ids identify nothing in other projects. */
export function projectOf(resource: SpanData['resource']): string {
  for (const name of ATTRIBUTES) {
    const value = resource[name];
    // Half a surrogate pair is not UTF-8: a store would find it under another name.
    if (typeof value === 'string' && value !== '') return toJson(value.slice(0, MAX_PROJECT));
  }
  return DEFAULT_PROJECT;
}

/** A span whose resource names its project, where something else named it: a header, or the key of a record. */
export function withProject(span: SpanData, project: string): SpanData {
  if (projectOf(span.resource) === project) return span;
  return { ...span, resource: { ...span.resource, [OWN_ATTRIBUTE]: project } };
}
