/** @returns an OTLP request; `start` is Unix time in milliseconds */
export function incident(start: number): object;
export const TRACE: string;
/** Ids of its spans by name; the last one where several have a name. */
export function spanIdOf(name: string): string;
