import { FormatError } from './format-error.ts';

/** Whether a text is an id of this many hexadecimal digits. An id of zeros alone is invalid. */
export function isId(id: string, length: number): boolean {
  return id.length === length && /^[0-9a-f]+$/.test(id) && !/^0+$/.test(id);
}

/** @throws FormatError that shows the wrong id */
export function assertSpanIds(traceId: string, spanId: string, parentSpanId: string): void {
  if (!isId(traceId, 32)) throw new FormatError(`traceId '${shown(traceId)}' is not an id of 32 hexadecimal digits.`);
  if (!isId(spanId, 16)) throw new FormatError(`spanId '${shown(spanId)}' is not an id of 16 hexadecimal digits.`);
  if (parentSpanId !== '' && !isId(parentSpanId, 16) && !/^0+$/.test(parentSpanId)) {
    throw new FormatError(`parentSpanId '${shown(parentSpanId)}' is not an id of 16 hexadecimal digits.`);
  }
}

function shown(id: string): string {
  return id.length > 40 ? `${id.slice(0, 40)}…` : id;
}
