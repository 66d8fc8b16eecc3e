/** The parts of `docs` that are generated: from variables, the report of public types and the OpenAPI document. */
import type { Environment } from '../../src/configuration/environment.ts';
import type { AnyVendor } from '../../src/vendors/index.ts';

export interface Member {
  readonly name: string;
  readonly type: string;
  readonly meaning: string;
}

/** The members of an interface in a file of `api/`, whose layout is that of the compiler. */
export function membersOf(declarations: string, name: string): readonly Member[] {
  const block = new RegExp(`^interface ${name} [^{]*\\{\\n([\\s\\S]*?)^\\}`, 'm').exec(declarations)?.[1];
  if (block === undefined) throw new Error(`No interface ${name}.`);
  const member = /^ {4}(?:\/\*\*([\s\S]*?)\*\/\n {4})?readonly (\w+)\??: ([\s\S]*?);\n(?= {4}[/r]|$)/gm;
  return [...block.matchAll(member)].map(([, comment = '', own = '', type = '']) => ({
    name: own,
    type: oneLine(type),
    meaning: oneLine(comment.replaceAll(/^\s*\* ?/gm, '')).replaceAll(/\{@link ([^}]+)\}/g, '`$1`'),
  }));
}

export interface Variable {
  readonly name: string;
  readonly meaning: string;
  readonly standard: string;
}

/** The names in a list of `src/start/variables.ts`, with their comments. */
export function variablesOf(source: string, list: string): readonly Variable[] {
  const block = new RegExp(`^export const ${list} = \\[\\n([\\s\\S]*?)^\\] as const;`, 'm').exec(source)?.[1];
  if (block === undefined) throw new Error(`No list ${list}.`);
  return [...block.matchAll(/ {2}\/\*\*([\s\S]*?)\*\/\n {2}'(\w+)',\n/g)].map(([, comment = '', name = '']) => {
    const [meaning = '', standard = ''] = oneLine(comment.replaceAll(/^\s*\* ?/gm, '')).split(' @default ');
    return { name, meaning: meaning.replace(/\.$/, ''), standard };
  });
}

export function variablesTable(variables: readonly Variable[]): string {
  return table(
    ['Variable', 'Meaning', 'Default'],
    variables.map(({ name, meaning, standard }) => [`\`${name}\``, meaning, standard]),
  );
}

/** The variables that a vendor reads: what is required, and the defaults of the others. */
function vendorRows({ name, secrets, sampleSettings = {}, resolveOptions }: AnyVendor): string[][] {
  const required: Environment = {
    ...Object.fromEntries(secrets.map((secret) => [secret, 'key'])),
    ...sampleSettings,
  };
  const read = new Set<string>();
  const noted = new Proxy(required, {
    get: (environment, variable: string) => {
      read.add(variable);
      return environment[variable];
    },
  });
  const options = Object.entries(resolveOptions({}, noted));
  return [...read].map((variable) => {
    if (variable in required) return [`\`${variable}\``, `\`${name}\``, 'required'];
    const changed = new Map(Object.entries(resolveOptions({}, { ...required, [variable]: 'https://changed.example' })));
    const [, standard] = options.find(([option, value]) => changed.get(option) !== value) ?? [];
    return [`\`${variable}\``, `\`${name}\``, `\`${standard}\``];
  });
}

export function vendorVariablesTable(vendors: readonly AnyVendor[]): string {
  return table(['Variable', 'Destination', 'Default'], vendors.flatMap(vendorRows));
}

export function optionsTable(members: readonly Member[]): string {
  return table(
    ['Option', 'Type', 'Meaning'],
    members.map(({ name, type, meaning }) => [`\`${name}\``, `\`${type}\``, meaning]),
  );
}

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly description?: string;
  readonly default?: unknown;
}

interface Content {
  readonly content: Readonly<Record<string, { readonly schema?: Schema }>>;
}

interface Operation {
  readonly summary: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema: Schema;
  }[];
  readonly requestBody?: Content;
  readonly responses: { readonly 200: Partial<Content> };
}

export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** Every operation with its parameters, body and answer, then every schema that has a name. */
export function apiReference({ paths, components }: OpenApi): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => operationText(`${method.toUpperCase()} ${path}`, operation)),
  );
  const schemas = Object.entries(components.schemas)
    .toSorted(([a], [b]) => a.localeCompare(b, 'en'))
    .map(([name, schema]) => `### ${name}\n\n${schemaText(schema).trimStart()}`);
  return ['## Operations', ...operations, '## Schemas', ...schemas].join('\n\n');
}

function operationText(title: string, { summary, parameters, requestBody, responses }: Operation): string {
  const rows = parameters.map(({ name, in: place, required, schema }) => [
    `\`${name}\``,
    place,
    `${typeOf(schema)}${required ? ', required' : ''}`,
    [schema.description, defaultOf(schema)].filter(Boolean).join('. '),
  ]);
  const body = requestBody?.content['application/json']?.schema;
  const answer = responses[200].content ?? {};
  const [type = '', { schema } = {}] = Object.entries(answer)[0] ?? [];
  return [
    `### ${title}`,
    `${summary}.`,
    ...(rows.length > 0 ? [table(['Parameter', 'In', 'Type', 'Meaning'], rows)] : []),
    ...(body ? [`Body, as JSON:${schemaText(body)}`] : []),
    `Answer:${schema ? schemaText(schema) : ` \`${type}\`.`}`,
  ].join('\n\n');
}

/** What follows a colon: a type on the same line, or a table of its own. */
function schemaText(schema: Schema): string {
  if (!schema.properties) {
    const type = typeOf(schema);
    return ` ${type}.${schema.description ? ` ${schema.description}.` : ''}`;
  }
  const rows = Object.entries(schema.properties).map(([name, property]) => [
    `\`${name}\`${schema.required?.includes(name) ? '' : '?'}`,
    typeOf(property),
    [property.description, defaultOf(property)].filter(Boolean).join('. '),
  ]);
  return `\n\n${table(['Field', 'Type', 'Meaning'], rows)}`;
}

function defaultOf(schema: Schema): string {
  return schema.default === undefined || schema.default === '' ? '' : `Default \`${JSON.stringify(schema.default)}\``;
}

function typeOf(schema: Schema): string {
  if (schema.$ref) {
    const name = schema.$ref.split('/').at(-1) ?? '';
    return `[${name}](#${name.toLowerCase()})`;
  }
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(' or ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return [...new Set(choices.map(typeOf))].join(' or ');
  if (schema.items) return `list of ${typeOf(schema.items)}`;
  if (schema.properties) return `{ ${Object.keys(schema.properties).join(', ')} }`;
  if (schema.type === undefined) return 'any JSON';
  return [schema.type].flat().join(' or ');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function cell(text: string): string {
  return oneLine(text).replaceAll('|', '\\|');
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
