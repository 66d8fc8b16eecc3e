import { openAICompletionFrom } from '../../formats/openai/completion.ts';
import { openAIRequestFrom } from '../../formats/openai/request.ts';
import { defined, nonEmpty, someOf } from '../../interaction/defined.ts';
import type { Interaction } from '../../interaction/interaction.ts';
import { toJson } from '../../interaction/json.ts';
import { isInWords } from '../../interaction/operation.ts';
import { DEFAULT_MAX_RECORD_BYTES, fitted } from '../fit.ts';
import { durationOf, isoFrom } from '../times.ts';
import type { VendorRecord } from '../vendor.ts';
import { customMetaFrom, textMetaFrom } from './meta.ts';
import type { RequestyPayload } from './payload.ts';

/** One insight per request to a model, and one per assistant run. Pure; never throws. Source: Requesty's page on the LLM Insights API */
export function encode(interaction: Interaction): readonly VendorRecord<RequestyPayload>[] {
  if (!isInWords(interaction.operation)) return [];
  const { messages, ...args } = openAIRequestFrom(interaction);
  const payload: RequestyPayload = {
    // A run has no completion id: the run id takes its place.
    response: openAICompletionFrom(interaction, interaction.run?.id),
    messages,
    template: interaction.promptTemplate ?? null,
    inputs: interaction.promptVariables ?? {},
    args,
    meta: metaFrom(interaction),
    user_id: nonEmpty(interaction.user?.id) ?? null,
  };
  return [{ id: interaction.id, payload: fitted(toJson(payload), DEFAULT_MAX_RECORD_BYTES) }];
}

/** A record has no fields for time, cost, conversation and failure, so they are in `meta`. */
function metaFrom(interaction: Interaction): RequestyPayload['meta'] {
  const { conversationId, sessionId, outcome, agent } = interaction;
  const failure = outcome.status === 'error' ? outcome : undefined;
  return defined({
    ...customMetaFrom(interaction.custom),
    ...textMetaFrom(interaction),
    session_id: nonEmpty(conversationId) ?? nonEmpty(sessionId),
    app_session_id: nonEmpty(conversationId) && nonEmpty(sessionId),
    trace_id: interaction.traceId,
    span_id: interaction.spanId,
    timestamp: isoFrom(interaction.startTime),
    latency_ms: durationOf(interaction),
    cost_usd: interaction.cost?.total,
    agent_id: nonEmpty(agent?.id),
    agent_name: nonEmpty(agent?.name),
    tags: someOf(interaction.tags),
    error_type: failure && (nonEmpty(failure.type) ?? '_OTHER'),
    error_message: nonEmpty(failure?.message),
    status_code: failure?.httpStatus,
  });
}
