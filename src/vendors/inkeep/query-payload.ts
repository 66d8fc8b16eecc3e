import { z } from 'zod';
import { RouteError } from '../routes.ts';
import { withoutNulls } from '../without-nulls.ts';

/** The bodies of Inkeep's queries. Source: @inkeep/inkeep-analytics@0.2.4-alpha.27. */

/** The fields of each view, the field of its time first. */
export const viewFields = {
  conversations: [
    'firstMessageTime',
    'id',
    'userMessageCount',
    'organizationId',
    'projectId',
    'integrationId',
    'type',
    'properties',
    'userProperties',
  ],
  events: [
    'createdAt',
    'id',
    'organizationId',
    'messageId',
    'conversationId',
    'projectId',
    'integrationId',
    'eventType',
    'type',
    'searchQuery',
    'properties',
    'userProperties',
  ],
  feedback: [
    'createdAt',
    'id',
    'type',
    'messageId',
    'updatedAt',
    'organizationId',
    'reasons',
    'sources',
    'details',
    'properties',
    'userProperties',
    'conversationId',
    'projectId',
    'integrationId',
  ],
} as const;

export type View = keyof typeof viewFields;

const operators = ['eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'in', 'notIn', 'isNull', 'isNotNull'] as const;
const otherOperators = [
  'arrayContains',
  'jsonContains',
  'jsonContainedBy',
  'jsonHasKey',
  'jsonArrayContainsObject',
  'jsonHasAnyKey',
  'jsonHasAllKeys',
];
const operator = z.enum(operators, { error: `must be one of ${operators.join(', ')}` });
const timeUnit = z.enum(['hour', 'day', 'week', 'month']);
const aggregation = z.enum(['sum', 'count', 'countDistinct', 'avg', 'min', 'max']);
const path = z.array(z.string()).readonly().exactOptional();

export interface QueryCondition {
  readonly field: string;
  readonly operator: (typeof operators)[number];
  readonly value?: unknown;
}

export type QueryWhere =
  | { readonly condition: QueryCondition }
  | { readonly and: readonly QueryWhere[] }
  | { readonly or: readonly QueryWhere[] };

function schemaFor(view: View) {
  const field = z.enum(viewFields[view], { error: `must be a field of ${view}: ${viewFields[view].join(', ')}` });
  const condition = z.object({ field, operator, value: z.unknown().optional() });
  const where: z.ZodType<QueryWhere> = z.lazy(() =>
    z.union([
      z.object({ condition }),
      z.object({ and: z.array(where).readonly() }),
      z.object({ or: z.array(where).readonly() }),
    ]),
  );
  const column = z.discriminatedUnion('type', [
    z.object({ type: z.literal('field'), field, path, mode: z.enum(['unpack', 'json']).exactOptional() }),
    z.object({ type: z.literal('aggregation'), aggregation, field: field.exactOptional(), path }),
    z.object({ type: z.literal('time'), timeUnit, field: field.exactOptional() }),
  ]);
  return z.object({
    select: z.array(column).readonly().exactOptional(),
    groupBy: z
      .array(z.object({ field, path, includeInSelect: z.boolean().exactOptional() }))
      .readonly()
      .exactOptional(),
    where: where.exactOptional(),
    orderBy: z
      .array(z.object({ field: z.string(), direction: z.enum(['asc', 'desc']) }))
      .readonly()
      .exactOptional(),
  });
}

const schemas = {
  conversations: schemaFor('conversations'),
  events: schemaFor('events'),
  feedback: schemaFor('feedback'),
};

export type InkeepQuery = z.output<(typeof schemas)[View]>;
export type QueryColumn = NonNullable<InkeepQuery['select']>[number];

/**
 * @throws RouteError 422 for an operator of Inkeep's that a gateway does not have
 * @throws ZodError that names the field
 */
export function inkeepQuery(view: View, body: unknown): InkeepQuery {
  refuseOtherOperators(body);
  return schemas[view].parse(withoutNulls(body ?? {}, 1));
}

function refuseOtherOperators(body: unknown): void {
  JSON.stringify(body, (key, value: unknown) => {
    if (key === 'operator' && typeof value === 'string' && otherOperators.includes(value))
      throw new RouteError(422, `The operator ${value} is not supported: use one of ${operators.join(', ')}.`, 'where');
    return value;
  });
}

const views = z.array(z.enum(['conversations_view', 'events_view', 'feedback_view'])).readonly();
const propertyField = z.enum(['properties', 'userProperties']);

export const propertyKeysQuery = z.object({ field: propertyField, views: views.exactOptional() });
export const propertyValuesQuery = z.object({
  field: propertyField,
  key: z.string(),
  views: views.exactOptional(),
  limit: z.number().int().min(1).max(10_000).default(100),
});
