import { z } from 'zod';
import type { Condition, ConditionField } from '../route-conditions.ts';
import type { InteractionQuery } from '../routes.ts';
import { withoutNulls } from '../without-nulls.ts';
import { DEFAULT_CHANNEL, operationsOf, operationsWithRecord } from './words.ts';

/**
 * The body of `getLLMUsageLogs`. Sources: Kore.ai's page on LLM and generative AI usage logs, whose table and sample spell two filters
 * differently, Koredotcom/docs and docs-v2. Filters take one text or a list. Unknown fields are ignored.
 */

const MAX_DAYS = 90;
const DAY_MILLIS = 86_400_000;
/** Kore documents no maximum. */
const MAX_LIMIT = 1_000;
const MAX_SKIP = 1_000_000_000;
/** Kore documents no maximum; the store compares a record with each of them. */
const MAX_TEXTS = 500;

/** Unix milliseconds of the first instant that a text names, and whether it names a whole day. */
interface Moment {
  readonly millis: number;
  readonly isDay: boolean;
}

const moment = z
  .union([z.iso.date(), z.iso.datetime({ offset: true, local: true })], {
    error: 'must be a date such as 2024-03-07, or a time in ISO 8601',
  })
  .transform((text): Moment => {
    const isDay = !text.includes('T');
    const hasZone = isDay || /(Z|[+-]\d{2}:?\d{2})$/.test(text);
    return { millis: Date.parse(hasZone ? text : `${text}Z`), isDay };
  });

const texts = z
  .union([z.string(), z.array(z.string()).max(MAX_TEXTS)], {
    error: `must be a text or a list of at most ${MAX_TEXTS} texts`,
  })
  .transform((value) => (typeof value === 'string' ? [value] : value))
  .optional();

function count(least: number, most: number) {
  const error = `must be a whole number from ${least} to ${most}`;
  const number = z.number({ error }).int({ error }).min(least, { error }).max(most, { error });
  const digits = (value: unknown): unknown =>
    typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return z.preprocess(digits, number);
}

const body = z
  .object({
    dateFrom: moment,
    dateTo: moment,
    limit: count(1, MAX_LIMIT),
    skip: count(0, MAX_SKIP).optional(),
    isDeveloper: z.union([z.boolean(), z.stringbool()], { error: 'must be true or false' }).optional(),
    channel: texts,
    featureName: texts,
    taskId: texts,
    channelUserIds: texts,
    channelUIds: texts,
    userIds: texts,
    userId: texts,
    sessionIds: texts,
    sort: z
      .object({
        field: z.enum(['Time Taken', 'start Date'], { error: 'must be "Time Taken" or "start Date"' }),
        order: z.enum(['asc', 'desc'], { error: 'must be asc or desc' }).optional(),
      })
      .optional(),
  })
  .refine(({ dateFrom, dateTo }) => endOf(dateTo) >= dateFrom.millis, {
    error: 'must not be before dateFrom',
    path: ['dateTo'],
  })
  .refine(({ dateFrom, dateTo }) => dateTo.millis - dateFrom.millis <= MAX_DAYS * DAY_MILLIS, {
    error: `must be at most ${MAX_DAYS} days after dateFrom`,
    path: ['dateTo'],
  });

/** A whole day counts to its end. */
function endOf({ millis, isDay }: Moment): number {
  return isDay ? millis + DAY_MILLIS - 1 : millis;
}

/**
 * What to read from the store for a request.
 * @throws ZodError that names the field
 */
export function usageQueryFrom(value: unknown, botId: string): InteractionQuery {
  const query = body.parse(withoutNulls(value, 1));
  const { dateFrom, dateTo, limit, skip, sort } = query;
  const conditions: (Condition | undefined)[] = [
    { field: 'operation', in: operationsWithRecord },
    { field: 'startTime', atLeast: dateFrom.millis },
    // A record shows whole milliseconds, and a call may have started within one.
    { field: 'startTime', atMost: endOf(dateTo) + 0.999 },
    orAbsent('botId', [botId]),
    query.isDeveloper === true ? undefined : orAbsent('developer', [false]),
    channelIn(query.channel),
    featureIn(query.featureName),
    taskIn(query.taskId),
    // The same person has an id of the channel and one of Kore's; an interaction has only one of them.
    anyOf(
      ['userId'],
      [query.channelUserIds, query.channelUIds, query.userIds, query.userId].flatMap((ids) => ids ?? []),
    ),
    anyOf(['sessionId', 'conversationId'], query.sessionIds ?? []),
  ];
  return {
    where: { and: conditions.filter((condition) => condition !== undefined) },
    sort: { field: sort?.field === 'Time Taken' ? 'duration' : 'startTime', order: sort?.order ?? 'desc' },
    offset: skip ?? 0,
    limit,
  };
}

function orAbsent(field: ConditionField, values: readonly (string | boolean)[]): Condition {
  return { or: [{ field, in: values }, absent(field)] };
}

function absent(field: ConditionField): Condition {
  return { field, isAbsent: true };
}

function anyOf(fields: readonly ConditionField[], values: readonly string[]): Condition | undefined {
  return values.length === 0 ? undefined : { or: fields.map((field) => ({ field, in: values })) };
}

/** Records without a channel show the default one. */
function channelIn(channels: readonly string[] = []): Condition | undefined {
  if (channels.length === 0) return undefined;
  const named: Condition = { field: 'channel', in: channels, ignoreCase: true };
  const isDefault = channels.some((channel) => channel.toLowerCase() === DEFAULT_CHANNEL);
  return isDefault ? { or: [named, absent('channel')] } : named;
}

/** By the feature itself, or by the display name of the operation where the call names no feature. */
function featureIn(features: readonly string[] = []): Condition | undefined {
  if (features.length === 0) return undefined;
  const operations = features.flatMap(operationsOf);
  return {
    or: [
      { field: 'feature', in: features, ignoreCase: true },
      { and: [absent('feature'), { field: 'operation', in: operations }] },
    ],
  };
}

/** In the order in which a record's `task Id` is made. */
function taskIn(tasks: readonly string[] = []): Condition | undefined {
  if (tasks.length === 0) return undefined;
  return {
    or: [
      { field: 'taskId', in: tasks },
      { and: [absent('taskId'), { field: 'agentId', in: tasks }] },
      { and: [absent('taskId'), absent('agentId'), { field: 'traceId', in: tasks }] },
    ],
  };
}
