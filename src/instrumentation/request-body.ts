/** A request body as the caller passed it. It may contain anything. */
export type RequestBody = Readonly<Record<string, unknown>>;

/** The body of a call, or the result of its `toJSON` method if it has one. */
export function bodyOf([body]: readonly unknown[]): RequestBody {
  if (typeof body !== 'object' || body === null) return {};
  const { toJSON } = body as { toJSON?: unknown };
  if (typeof toJSON !== 'function') return body as RequestBody;
  const written: unknown = toJSON.call(body, '');
  return typeof written === 'object' && written !== null ? (written as RequestBody) : {};
}

export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as RequestBody)[name] : undefined;
}
