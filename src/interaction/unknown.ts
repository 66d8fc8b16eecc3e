import type { Scalar } from './interaction.ts';

/** Narrows values from outside. A value of another type becomes undefined. */

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

/** An id as text. Some clients write ids as numbers. */
export function idOf(value: unknown): string | undefined {
  return typeof value === 'number' ? String(value) : stringOf(value) || undefined;
}

export function isScalar(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
