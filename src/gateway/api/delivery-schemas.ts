import { z } from 'zod';
import { seconds, time } from './units.ts';

const DELIVERY_STATES = ['delivered', 'coalesced', 'waiting', 'retrying', 'dead', 'stopped', 'skipped'] as const;
export const deliveryState = z.enum(DELIVERY_STATES).meta({
  id: 'DeliveryState',
  description:
    'coalesced: delivered within a newer record. dead: refused for good. stopped: the destination stopped, for instance ' +
    'because its key is wrong. skipped: not sent, by a rule. A destination that is missing from a record has not been due.',
});

export const attempt = z
  .object({
    at: time,
    durationMillis: z.number().optional().meta({ description: 'From the request to its answer, or to its failure' }),
    status: z.number().int().optional().meta({ description: 'The HTTP status; absent when there was no answer' }),
    outcome: z.enum(['delivered', 'retry', 'rejected', 'stopped']),
    reason: z.string().optional(),
    answer: z.string().optional().meta({ description: 'The start of an answer that did not accept the request' }),
    waitMillis: z.number().optional().meta({ description: 'Until the next attempt' }),
    waitReason: z.string().optional().meta({ description: '`backoff` or `retry-after`' }),
  })
  .meta({ id: 'Attempt' });

export const delivery = z
  .object({
    destination: z.string(),
    interaction: z.string(),
    project: z.string(),
    state: deliveryState,
    updatedAt: time,
    attempts: z.array(attempt),
    reason: z
      .string()
      .optional()
      .meta({ description: 'Why it was refused, or the name of the rule that held it back' }),
    carriedBy: z.string().optional().meta({ description: 'The newer interaction that carried this one' }),
    title: z.string().optional().meta({ description: 'In a list: the first words of its interaction' }),
  })
  .meta({ id: 'Delivery' });

export const deliveryNote = z
  .strictObject({
    project: z.string().max(200),
    interaction: z.string().min(1).max(2_000),
    destination: z.string().min(1).max(200),
    state: deliveryState,
    at: time,
    reason: z.string().max(2_000).optional(),
    carriedBy: z.string().max(2_000).optional(),
    attempt: attempt.optional(),
  })
  .meta({ id: 'DeliveryNote' });

export const sendSelection = z
  .strictObject({
    since: z.string().min(1).max(40).meta({
      description: 'Start of the range: an ISO 8601 time, Unix milliseconds, or a duration before now: 15m, 12h, 7d',
    }),
    until: z.string().max(40).optional(),
    q: z.string().max(2_000).default('').meta({ description: 'A filter' }),
    project: z.string().max(200).optional(),
  })
  .meta({ id: 'SendSelection' });

const perBucket = z.array(z.number().int()).meta({ description: 'Records in each bucket of time' });
export const destination = z
  .object({
    name: z.string(),
    isConfigured: z.boolean(),
    isStopped: z.boolean(),
    reason: z.string().optional(),
    lastDeliveredAt: time.optional(),
    counts: z.partialRecord(deliveryState, z.number().int()),
    address: z.string().optional().meta({ description: 'Where its requests go, or the file that it writes' }),
    content: z
      .enum(['full', 'redacted', 'none'])
      .optional()
      .meta({ description: 'Which content of an interaction it gets' }),
    oldestAt: time.optional().meta({ description: 'Since when the oldest of its records waits' }),
    p50: seconds.optional().meta({ description: 'Median time to its answer, over the requests that it got last' }),
    p99: seconds.optional(),
    lastAttempt: attempt.optional().meta({ description: 'The latest request to it, and its answer' }),
    setUp: z.array(z.string()).meta({ description: 'The environment variables that would configure it' }),
    isVendor: z.boolean().meta({ description: 'It gets a record of each interaction; others get spans over OTLP' }),
    takesFeedback: z.boolean().meta({ description: 'Feedback is sent to it' }),
    activity: z
      .object({ start: time, bucketMillis: z.number(), delivered: perBucket, waiting: perBucket, failed: perBucket })
      .optional()
      .meta({ description: 'Its records by the time of their last change; only with `since`' }),
  })
  .meta({ id: 'Destination' });

/** Where each value of a vendor's payload comes from: for two destinations side by side, by meaning. */
export const vendorFields = z
  .object({
    fields: z.array(
      z.object({
        path: z.string().meta({ description: 'Its path in the JSON of a request, with `[]` for the items of a list' }),
        meaning: z.string(),
        from: z.array(z.string()).meta({ description: 'Fields of the interaction; none for constants' }),
        back: z.array(z.string()).optional(),
      }),
    ),
    changed: z.record(z.string(), z.string()).meta({ description: 'Fields that come back differently, and how' }),
    lost: z.array(z.string()).meta({ description: 'Fields of the interaction that the vendor has no place for' }),
  })
  .meta({ id: 'VendorFields' });

const place = z.object({
  path: z.string().meta({ description: 'With the index of the item that was looked at: `messages[28].content`' }),
  keys: z.array(z.string()).meta({ description: 'The keys to it in the payload' }),
  text: z.string().meta({ description: 'Its value in one line' }),
});
export const comparedPayloads = z
  .object({
    groups: z
      .array(
        z.object({
          name: z.string(),
          rows: z.array(
            z.object({
              name: z.string(),
              left: place.optional(),
              right: place.optional(),
              verdict: z.enum(['same', 'shape', 'left', 'right', 'neither']),
            }),
          ),
        }),
      )
      .optional()
      .meta({ description: 'Absent where one of the two is not a vendor, and has no table of its fields' }),
  })
  .meta({ id: 'ComparedPayloads' });
