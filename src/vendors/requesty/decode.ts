import { answerFromOpenAI, createdFromOpenAI } from '../../formats/openai/completion.ts';
import { requestFromOpenAI } from '../../formats/openai/request.ts';
import { defined, nonEmpty, someFields, someOf } from '../../interaction/defined.ts';
import type { Interaction, Outcome } from '../../interaction/interaction.ts';
import { jsonText } from '../../interaction/json.ts';
import { idOf, listOf, numberOf, stringOf, type UnknownRecord } from '../../interaction/unknown.ts';
import { derivedIds, spanIdOf, traceIdOf } from '../derived-ids.ts';
import { millisOf } from '../times.ts';
import { customFromMeta, textsFromMeta } from './meta.ts';
import { requestyPayload } from './payload.ts';

/** @throws ZodError the payload is not an insight */
export function decode(payload: unknown): readonly Interaction[] {
  const { response, messages, template, inputs, args, meta, user_id } = requestyPayload.parse(payload);
  const made = derivedIds(jsonText(payload));
  const traceId = traceIdOf(meta['trace_id']) ?? made.traceId;
  const spanId = spanIdOf(meta['span_id']) ?? made.spanId;
  const request = requestFromOpenAI({ ...args, messages });
  const answer = answerFromOpenAI(response);
  const cost = numberOf(meta['cost_usd']);

  return [
    defined({
      ...textsFromMeta(meta),
      ...request,
      ...answer,
      serviceTier: someFields({ ...request.serviceTier, ...answer.serviceTier }),
      id: `${traceId}:${spanId}`,
      traceId,
      spanId,
      name: `chat ${request.requestModel ?? answer.responseModel ?? ''}`.trim(),
      operation: 'chat',
      ...timesFrom(meta, createdFromOpenAI(response)),
      outcome: outcomeFrom(meta),
      promptTemplate: template === null ? undefined : jsonText(template),
      promptVariables: someFields(
        Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, jsonText(value)])),
      ),
      conversationId: idOf(meta['session_id']),
      sessionId: idOf(meta['app_session_id']),
      user: someFields(defined({ id: nonEmpty(user_id ?? undefined) ?? idOf(meta['user_id']) })),
      agent: someFields(defined({ id: idOf(meta['agent_id']), name: idOf(meta['agent_name']) })),
      cost: cost === undefined ? undefined : { total: cost, origin: 'client' },
      tags: someOf(listOf(meta['tags'])?.filter((tag) => typeof tag === 'string')),
      custom: customFromMeta(meta),
    }),
  ];
}

/** Start and duration as our own records have them; else the end, from the completion. */
function timesFrom(meta: UnknownRecord, created: number | undefined): Pick<Interaction, 'startTime' | 'endTime'> {
  const latency = numberOf(meta['latency_ms']) ?? 0;
  const startTime = millisOf(meta['timestamp']) ?? (created ?? latency) - latency;
  return { startTime, endTime: startTime + latency };
}

function outcomeFrom(meta: UnknownRecord): Outcome {
  const type = stringOf(meta['error_type']);
  if (type === undefined) return { status: 'ok' };
  return defined({
    status: 'error' as const,
    type,
    message: stringOf(meta['error_message']),
    httpStatus: numberOf(meta['status_code']),
  });
}
