import { openAICompletionFrom } from '../../formats/openai/completion.ts';
import { openAIRequestFrom } from '../../formats/openai/request.ts';
import { defined, nonEmpty } from '../../interaction/defined.ts';
import type { Interaction } from '../../interaction/interaction.ts';
import { toJson } from '../../interaction/json.ts';
import { DEFAULT_MAX_RECORD_BYTES, fitted } from '../fit.ts';
import { durationOf, isoFrom } from '../times.ts';
import type { VendorRecord } from '../vendor.ts';
import type { KoreRecord } from './payload.ts';
import { withSourceValues } from './source.ts';
import { DEFAULT_CHANNEL, featureOf, integrationOf } from './words.ts';

const DEFAULT_PROMPT = 'Default';

/**
 * One record per request to a model, and one per assistant run. None for an operation that Kore has no feature for, and
 * none for a start that is not a valid date. Pure; never throws. Source: Kore.ai's page on LLM and generative AI usage logs
 */
export function encode(
  interaction: Interaction,
  { botId }: { readonly botId?: string },
): readonly VendorRecord<KoreRecord>[] {
  const record = recordFrom(interaction, botId);
  return record ? [{ id: interaction.id, payload: fitted(toJson(record), DEFAULT_MAX_RECORD_BYTES) }] : [];
}

export function recordFrom(interaction: Interaction, botId?: string): KoreRecord | undefined {
  const feature = featureOf(interaction.operation);
  const start = isoFrom(interaction.startTime);
  if (feature === undefined || start === undefined) return undefined;
  const { outcome, usage } = interaction;
  const model = nonEmpty(interaction.requestModel) ?? nonEmpty(interaction.responseModel);
  const promptName = nonEmpty(interaction.promptName) ?? DEFAULT_PROMPT;

  const record: KoreRecord = defined({
    'Prompt Name': promptName,
    Integration: interaction.provider && integrationOf(interaction.provider),
    'start Date': start,
    'End Date': isoFrom(interaction.endTime),
    'Time Taken': durationOf(interaction),
    statusCode: outcome.status === 'ok' ? 200 : (outcome.httpStatus ?? 500),
    'Bot ID': nonEmpty(interaction.botId) ?? nonEmpty(botId),
    'User ID': nonEmpty(interaction.user?.id),
    'Feature Name ': nonEmpty(interaction.feature) ?? feature,
    'Model Name': model,
    'Channel Name': nonEmpty(interaction.channel) ?? DEFAULT_CHANNEL,
    Description: nonEmpty(interaction.name) ?? nonEmpty(interaction.agent?.name) ?? interaction.operation,
    'task Id': nonEmpty(interaction.taskId) ?? nonEmpty(interaction.agent?.id) ?? interaction.traceId,
    Status: outcome.status === 'ok' ? ('Success' as const) : ('Failure' as const),
    'Payload Details': defined({
      'Prompt Name': promptName,
      'Request Payload': openAIRequestFrom({ ...interaction, ...(model !== undefined && { requestModel: model }) }),
      'Response Payload': responseFrom(interaction),
      'Request Tokens': usage?.inputTokens,
      'Response Tokens': usage?.outputTokens,
    }),
  });
  return withSourceValues(record, interaction.source);
}

/** A ChatCompletion with the two members that Kore shows as null; OpenAI's error object for a failure without an answer. */
function responseFrom(interaction: Interaction): KoreRecord['Payload Details']['Response Payload'] {
  const { outcome, run } = interaction;
  const completion = openAICompletionFrom(interaction, run?.id);
  if (outcome.status === 'error' && completion.choices.length === 0)
    return { error: { message: nonEmpty(outcome.message) ?? null, type: nonEmpty(outcome.type) ?? '_OTHER' } };
  return {
    ...completion,
    choices: completion.choices.map((choice) => ({ ...choice, logprobs: null })),
    system_fingerprint: completion.system_fingerprint ?? null,
  };
}
