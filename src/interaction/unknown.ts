import type { Scalar } from './interaction.ts';

/** The border: values of others, narrowed once. What is not of the kind is undefined. */

export type UnknownRecord = Readonly<Record<string, unknown>>;

export function recordOf(value: unknown): UnknownRecord | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as UnknownRecord) : undefined;
}

export function listOf(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

export function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** An id as text: clients write some of theirs as numbers. */
export function idOf(value: unknown): string | undefined {
  return typeof value === 'number' ? String(value) : stringOf(value) || undefined;
}

export function isScalar(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
