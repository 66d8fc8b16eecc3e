/** A request's body, as the caller wrote it: nothing in it can be relied on. */
export type RequestBody = Readonly<Record<string, unknown>>;

/** The body of a call, with what JSON writes in its place where it decides that itself. */
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
