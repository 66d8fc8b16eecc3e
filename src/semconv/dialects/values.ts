import type { Scalar } from '../../interaction/interaction.ts';
import { isScalar, recordOf, type UnknownRecord } from '../../interaction/unknown.ts';

/** Helpers that read attributes: values, JSON texts and numbered names. Pure; they never throw. */

export type AttributeMap = Readonly<Record<string, unknown>>;

/** The value of a JSON text. Any other value, and a text that is not JSON, is returned unchanged. */
export function parsedOrText(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

/** The object or list in a JSON text. Undefined for any other value. */
export function structureOf(value: unknown): unknown {
  const parsed = typeof value === 'string' && /^\s*[[{]/.test(value) ? parsedOrText(value) : value;
  return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
}

/** A text that is not empty. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A count of tokens or the like. Some tracers write numbers as texts. */
export function countOf(value: unknown): number | undefined {
  const count = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof count === 'number' && Number.isFinite(count) && count >= 0 ? count : undefined;
}

/** Numbered names beyond this index are ignored: a name can claim any number. */
const MAX_INDEX = 4_096;

/**
 * The tree of the dotted names below a prefix: `llm.tools.0.tool.name` below `llm.tools` becomes `[{ tool: { name }
 * }]`. Undefined if no name has the prefix.
 */
export function treeOf(attributes: AttributeMap, prefix: string): unknown {
  const start = `${prefix}.`;
  let root: Branch | undefined;
  for (const name in attributes) {
    if (!name.startsWith(start) || attributes[name] === undefined) continue;
    root ??= new Map();
    put(root, name.slice(start.length).split('.'), attributes[name]);
  }
  return root && treeFrom(root);
}

type Branch = Map<string, unknown>;

function put(root: Branch, path: readonly string[], value: unknown): void {
  let branch = root;
  for (const [depth, key] of path.entries()) {
    if (depth === path.length - 1) {
      if (!(branch.get(key) instanceof Map)) branch.set(key, value);
      return;
    }
    const next = branch.get(key);
    if (next instanceof Map) branch = next as Branch;
    else {
      const made: Branch = new Map();
      branch.set(key, made);
      branch = made;
    }
  }
}

function treeFrom(branch: Branch): unknown {
  const isList = [...branch.keys()].every((key) => /^\d{1,4}$/.test(key) && Number(key) <= MAX_INDEX);
  const entries = [...branch].map(([key, value]) => [key, value instanceof Map ? treeFrom(value as Branch) : value]);
  if (isList) return entries.sort(([a], [b]) => Number(a) - Number(b)).map(([, value]) => value);
  // The key `__proto__` is never data, but an attack on readers.
  return Object.fromEntries(entries.filter(([key]) => key !== '__proto__'));
}

/** Values that the application attached to a span, as scalars. Objects and lists become JSON texts. */
export function scalarsOf(values: UnknownRecord | undefined): Record<string, Scalar> {
  const scalars: Record<string, Scalar> = {};
  for (const key in values) {
    const value = values[key];
    if (key === '__proto__' || value === undefined || value === null) continue;
    scalars[key] = isScalar(value) ? value : JSON.stringify(value);
  }
  return scalars;
}

/** The attributes below a prefix, without the prefix in their names. */
export function below(attributes: AttributeMap, prefix: string): UnknownRecord | undefined {
  let found: Record<string, unknown> | undefined;
  for (const name in attributes) {
    if (!name.startsWith(prefix)) continue;
    found ??= {};
    const key = name.slice(prefix.length);
    if (key !== '__proto__') found[key] = attributes[name];
  }
  return found;
}

/** The record in an attribute, either as JSON text or as an object. */
export function recordIn(value: unknown): UnknownRecord | undefined {
  return recordOf(structureOf(value));
}
