import { z } from 'zod';
import { LIVE_PATH, type OperationName, paths } from './paths.ts';
import { type Route, routes } from './routes.ts';
import { apiError } from './schemas.ts';

type Json = Record<string, unknown>;

/** The OpenAPI 3.1 document of the API, made from the schemas that its requests are checked with. */
export function openApiDocument(version: string, cookieName: string): Json {
  const components: Json = {};
  const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Json => hoisted(schema, io, components);
  const operations: Record<string, Json> = {};
  for (const name of Object.keys(paths) as OperationName[]) {
    const { method, path } = paths[name];
    const template = path.replace(/:(\w+)/g, '{$1}');
    const item = operations[template] ?? {};
    item[method] = operationOf(name, routes[name], { path, method }, schemaOf);
    operations[template] = item;
  }
  operations[LIVE_PATH] = { get: live };
  return {
    openapi: '3.1.0',
    info: { title: 'Spanport gateway', version },
    security: [{}, { token: [] }, { cookie: [] }],
    paths: operations,
    components: {
      schemas: components,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        cookie: { type: 'apiKey', in: 'cookie', name: cookieName },
      },
    },
  };
}

const live = {
  operationId: 'live',
  summary: 'Changes as server-sent events; resumes after `Last-Event-ID`',
  parameters: [
    { name: 'after', in: 'query', schema: { type: 'integer', minimum: 0 } },
    { name: 'project', in: 'query', schema: { type: 'string' } },
    { name: 'Last-Event-ID', in: 'header', schema: { type: 'integer', minimum: 0 } },
  ],
  responses: { 200: { description: 'An endless stream', content: { 'text/event-stream': {} } } },
};

function operationOf(
  name: string,
  route: Route,
  { path, method }: { readonly path: string; readonly method: string },
  schemaOf: (schema: z.ZodType, io: 'input' | 'output') => Json,
): Json {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, param]) => ({
    name: param,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const inQuery = Object.entries(route.query?.shape ?? {}).map(([param, schema]) => ({
    name: param,
    in: 'query',
    required: !z.safeParse(schema as z.ZodType, undefined).success,
    schema: schemaOf(schema as z.ZodType, 'output'),
  }));
  // Changes have to be JSON, since a form of another page can send anything else.
  const isChange = method !== 'get';
  return {
    operationId: name,
    summary: route.summary,
    parameters: [...inPath, ...inQuery],
    ...((route.body || isChange) && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: route.body ? schemaOf(route.body, 'input') : { type: 'object' } } },
      },
    }),
    responses: {
      200: { description: 'Success', content: { 'application/json': { schema: schemaOf(route.answer, 'output') } } },
      default: {
        description: 'An error with a stable code and a sentence',
        content: { 'application/json': { schema: schemaOf(apiError, 'output') } },
      },
    },
  };
}

/** The JSON schema, with the named schemas in it moved to the document's components. */
function hoisted(schema: z.ZodType, io: 'input' | 'output', components: Json): Json {
  const { $schema: _, $defs = {}, id: __, ...own } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json;
  for (const [name, definition] of Object.entries($defs as Record<string, Json>)) {
    const { id: ___, ...named } = definition;
    components[name] = relinked(named);
  }
  return relinked(own) as Json;
}

function relinked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(relinked);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === '$ref' && typeof item === 'string' ? item.replace('#/$defs/', '#/components/schemas/') : relinked(item),
    ]),
  );
}
