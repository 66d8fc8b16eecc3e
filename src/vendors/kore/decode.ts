import { answerFromOpenAI } from '../../formats/openai/completion.ts';
import { requestFromOpenAI } from '../../formats/openai/request.ts';
import { defined, nonEmpty, someFields } from '../../interaction/defined.ts';
import type { Interaction, Outcome } from '../../interaction/interaction.ts';
import { idOf, recordOf, stringOf } from '../../interaction/unknown.ts';
import { sha256Of, traceIdOf } from '../derived-ids.ts';
import { recordFrom } from './encode.ts';
import { type KoreRecord, koreRecord } from './payload.ts';
import { sourceOf } from './source.ts';
import { operationOf, providerOf } from './words.ts';

/** @throws ZodError the payload is not a usage-log record */
export function decode(payload: unknown): readonly Interaction[] {
  const record = koreRecord.parse(payload);
  const interaction = interactionFrom(record);
  return [defined({ ...interaction, source: sourceOf(record, recordFrom(interaction)) })];
}

/**
 * The identity of a record, as hexadecimal digits: Kore gives it no id.
 * @throws ZodError the payload is not a usage-log record
 */
export function recordKey(payload: unknown): string {
  return keyOf(koreRecord.parse(payload));
}

function keyOf(record: KoreRecord): string {
  const identity = [
    record['Bot ID'],
    record['start Date'],
    record['task Id'],
    record['User ID'],
    idOf(record['Payload Details']['Response Payload']?.['id']),
  ];
  return sha256Of(JSON.stringify(identity));
}

function interactionFrom(record: KoreRecord): Interaction {
  const details = record['Payload Details'];
  const key = keyOf(record);
  // In our own records the task is the trace id where neither task nor assistant is known.
  const ownTraceId = traceIdOf(record['task Id']);
  const traceId = ownTraceId ?? key.slice(0, 32);
  const spanId = key.slice(32, 48);
  const request = requestFromOpenAI(details['Request Payload']);
  const isFailure = recordOf(details['Response Payload']?.['error']) !== undefined;
  const answer = isFailure ? {} : answerFromOpenAI(details['Response Payload'] ?? '');
  const operation = operationOf(record['Feature Name ']);
  const requestModel = request.requestModel ?? nonEmpty(record['Model Name']);

  return defined({
    ...request,
    ...answer,
    requestModel,
    serviceTier: someFields({ ...request.serviceTier, ...answer.serviceTier }),
    id: `${traceId}:${spanId}`,
    traceId,
    spanId,
    name: `${operation} ${requestModel ?? ''}`.trim(),
    operation,
    ...timesFrom(record),
    outcome: outcomeFrom(record),
    provider: record.Integration === undefined ? undefined : providerOf(record.Integration),
    usage: answer.usage ?? tokensFrom(details),
    user: someFields(defined({ id: nonEmpty(record['User ID']) })),
    agent: someFields(defined({ id: ownTraceId === undefined ? nonEmpty(record['task Id']) : undefined })),
    promptName: nonEmpty(record['Prompt Name'] ?? details['Prompt Name']),
    botId: nonEmpty(record['Bot ID']),
    feature: nonEmpty(record['Feature Name ']),
    channel: nonEmpty(record['Channel Name']),
  });
}

/** A time without a zone is UTC. */
function timesFrom(record: KoreRecord): Pick<Interaction, 'startTime' | 'endTime'> {
  const startTime = utcMillis(record['start Date']);
  const end = record['End Date'];
  return { startTime, endTime: end === undefined ? startTime + (record['Time Taken'] ?? 0) : utcMillis(end) };
}

function utcMillis(time: string): number {
  return Date.parse(/(Z|[+-]\d{2}:?\d{2})$/.test(time) ? time : `${time}Z`);
}

function outcomeFrom(record: KoreRecord): Outcome {
  const { Status: status, statusCode } = record;
  if (status === undefined ? (statusCode ?? 200) < 400 : status === 'Success') return { status: 'ok' };
  const error = recordOf(record['Payload Details']['Response Payload']?.['error']);
  return defined({
    status: 'error' as const,
    type: nonEmpty(stringOf(error?.['type'])) ?? String(statusCode ?? '_OTHER'),
    message: nonEmpty(stringOf(error?.['message'])),
    httpStatus: statusCode,
  });
}

function tokensFrom(details: KoreRecord['Payload Details']): Interaction['usage'] {
  return someFields(defined({ inputTokens: details['Request Tokens'], outputTokens: details['Response Tokens'] }));
}
