import { type Context, Hono } from 'hono';
import type { z } from 'zod';
import type { Mask } from '../../interaction/mask.ts';
import { FieldError, RequestError } from '../body.ts';
import type { Handlers } from './calls.ts';
import { type AnyCall, maskedCall } from './masked-call.ts';
import { openApiDocument } from './openapi.ts';
import { OPENAPI_PATH, type OperationName, paths } from './paths.ts';
import { type Route, routes } from './routes.ts';

/** A browser exchanges the token for a cookie. */
export interface Sessions {
  readonly cookieName: string;
  accepts(token: string): boolean;
  sessionCookie(): string;
  expiredCookie(): string;
}

type AnyHandler = (call: AnyCall) => Promise<unknown>;

export interface ApiOptions {
  readonly sessions: Sessions;
  readonly version: string;
  readonly mask: Mask;
  readonly onFailure: (error: unknown) => Answerable;
}

/** Everything under `/api` but the live tail: requests and answers follow the schemas of `routes.ts`. */
export function createApi(handlers: Handlers, { sessions, version, mask, onFailure }: ApiOptions): Hono {
  const app = new Hono();
  for (const name of Object.keys(paths) as OperationName[]) {
    if (name === 'signIn' || name === 'signOut') continue;
    const handler = handlers[name] as unknown as AnyHandler;
    add(app, name, async (context) => {
      const call = await callFrom(context, routes[name]);
      // The check of a filter answers places in its text as it was written.
      return context.json((await handler(name === 'checkFilter' ? call : maskedCall(call, mask))) as object);
    });
  }
  add(app, 'signIn', async (context) => {
    const { body } = await callFrom(context, routes.signIn);
    if (!sessions.accepts((body as { token: string }).token))
      throw new RequestError(401, 'wrong-token', 'The token is wrong.');
    context.header('set-cookie', sessions.sessionCookie());
    return context.json({ ok: true });
  });
  add(app, 'signOut', async (context) => {
    context.header('set-cookie', sessions.expiredCookie());
    return context.json({ ok: true });
  });
  app.get(OPENAPI_PATH, (context) => context.json(openApiDocument(version, sessions.cookieName)));
  app.notFound((context) => failed(context, onFailure(new RequestError(404, 'not-found', 'There is no such route.'))));
  app.onError((error, context) => failed(context, onFailure(error)));
  return app;
}

/** An error as an answer. It contains no stack, path or secret. */
export interface Answerable {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly field?: string;
  readonly retryAfterSeconds?: number;
}

function failed(context: Context, { status, code, message, field, retryAfterSeconds }: Answerable): Response {
  if (retryAfterSeconds !== undefined) context.header('retry-after', String(retryAfterSeconds));
  return context.json({ error: { code, message, ...(field !== undefined && { field }) } }, status as 400);
}

function add(app: Hono, name: OperationName, handle: (context: Context) => Promise<Response>): void {
  const { method, path } = paths[name];
  app.on(method.toUpperCase(), path, (context) => handle(context));
}

async function callFrom(context: Context, route: Route): Promise<AnyCall> {
  return {
    params: context.req.param() as Record<string, string>,
    query: (route.query ? checked(route.query, context.req.query()) : {}) as object,
    body: route.body ? checked(route.body, await jsonOf(context)) : undefined,
  };
}

async function jsonOf(context: Context): Promise<unknown> {
  try {
    return await context.req.json();
  } catch {
    throw new RequestError(400, 'malformed-json', 'The body is not valid JSON.');
  }
}

function checked(schema: z.ZodType, value: unknown): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join('.') ?? '';
  throw new FieldError(field, `${field || 'The body'} is invalid: ${issue?.message ?? 'wrong value'}.`);
}
