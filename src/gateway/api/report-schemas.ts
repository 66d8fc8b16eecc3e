import { z } from 'zod';
import { seconds, time, tokens, usd } from './units.ts';

export const usageRow = z
  .object({
    key: z.string().meta({ description: 'The model, user, service or start of the time bucket' }),
    at: time.optional(),
    interactions: z.number().int(),
    errors: z.number().int(),
    cost: usd,
    unpriced: z.number().int(),
    inputTokens: tokens,
    outputTokens: tokens,
    duration: seconds.meta({ description: 'The sum over the interactions' }),
    isOther: z.boolean().optional().meta({ description: 'What exceeded the number of users that a bucket names' }),
  })
  .meta({ id: 'UsageRow' });

const whole = z.number().int().nonnegative();

export const listSummary = z
  .object({
    conversations: whole,
    interactions: whole,
    tokens: whole,
    cost: usd,
    unpriced: whole.meta({ description: 'Interactions without a price' }),
    live: whole,
    action: whole,
    errors: whole,
    dead: whole,
    retrying: whole,
    down: whole.meta({ description: 'Conversations with a thumb down' }),
    isPartial: z.boolean().meta({ description: 'Only the latest 100,000 conversations are counted' }),
  })
  .meta({ id: 'ListSummary' });

const overTime = z.array(z.number()).meta({ description: 'One value per bucket of time' });
const secondsOverTime = z.array(seconds.nullable()).meta({ description: 'null for a bucket without calls' });

export const statistics = z
  .object({
    start: time,
    bucketMillis: z.number(),
    calls: whole,
    isPartial: z.boolean().meta({ description: 'Only the latest 100,000 calls are counted' }),
    groups: z.array(
      z.object({
        key: z.string().optional().meta({ description: 'Absent for calls that name none' }),
        calls: whole,
        errors: whole,
        cost: usd,
        unpriced: whole,
        inputTokens: tokens,
        outputTokens: tokens,
        cachedTokens: tokens.optional().meta({ description: 'Of the input tokens; absent when no call reported them' }),
        p50: seconds.optional(),
        p95: seconds.optional(),
        first: seconds.optional().meta({ description: 'Median time to the first chunk' }),
        callsOverTime: overTime,
        costOverTime: overTime,
        others: whole.optional().meta({ description: 'How many smaller groups this one stands for' }),
      }),
    ),
    errors: z.array(z.object({ error: z.string(), calls: whole, overTime })),
    inputTokens: overTime,
    outputTokens: overTime,
    cachedTokens: overTime,
    p50: secondsOverTime,
    p95: secondsOverTime,
    p99: secondsOverTime,
    first: secondsOverTime,
  })
  .meta({ id: 'Statistics' });
