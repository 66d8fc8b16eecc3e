import { defined, someFields } from '../../interaction/defined.ts';
import type { Interaction } from '../../interaction/interaction.ts';
import { jsonText } from '../../interaction/json.ts';
import type { OutputMessage } from '../../interaction/message.ts';
import { OPERATION } from '../../interaction/operation.ts';
import { recordOf } from '../../interaction/unknown.ts';
import { DEFAULT_MAX_RECORD_BYTES } from '../fit.ts';
import { decodeInference } from './decode.ts';
import { encode } from './encode.ts';
import type { AthinaChanges, AthinaInference } from './payload.ts';

const settings = {
  responseFormat: 'text',
  languageModel: 'request',
  maxRecordBytes: DEFAULT_MAX_RECORD_BYTES,
} as const;

/** Fields that are replaced whole; in other objects a change leaves the remaining members. */
const replacedWhole: ReadonlySet<string> = new Set(['context', 'outcome', 'cost']);
/** Fields that a record only implies. */
const implied: ReadonlySet<string> = new Set([
  'id',
  'traceId',
  'spanId',
  'name',
  'operation',
  'provider',
  'startTime',
  'endTime',
]);

/**
 * The interaction with changes to fields of Athina: its record is written, changed and read again, and those fields of
 * the interaction that read differently are changed. All others stay, also those that Athina has no field for. Undefined for
 * an interaction that Athina has no record of. Pure.
 * @param reference which record of a run with several messages is changed; the last one by default
 */
export function changed(
  interaction: Interaction,
  changes: AthinaChanges,
  reference: string | undefined,
): Interaction | undefined {
  const bodies = encode(interaction, settings).flatMap(({ payload }) =>
    payload.kind === 'inference' ? [payload.body] : [],
  );
  const found = bodies.findIndex((body) => body.external_reference_id === reference);
  const index = found < 0 ? bodies.length - 1 : found;
  const body = bodies[index];
  if (!body) return undefined;
  const before = decodeInference(body);
  const after = decodeInference(withChanges(body, changes));
  const result: Record<string, unknown> = { ...interaction };
  for (const field of fieldsOf(after)) {
    if (implied.has(field) || jsonText(after[field]) === jsonText(before[field])) continue;
    result[field] =
      field === 'outputMessages' ? outputOf(interaction, after, index) : memberOf(field, interaction, after);
  }
  const { response_time: millis, language_model_id: model } = changes;
  if (model !== undefined && interaction.operation !== OPERATION.invokeAgent)
    result['name'] = `${interaction.operation} ${model}`;
  if (millis !== undefined) result['endTime'] = interaction.startTime + millis;
  return result as unknown as Interaction; // the same fields, with values of the same types
}

function withChanges(body: AthinaInference, partial: AthinaChanges): AthinaInference {
  const changes = defined(partial);
  const custom = someFields({ ...body.custom_attributes, ...changes.custom_attributes });
  const metrics = someFields({ ...body.custom_eval_metrics, ...changes.custom_eval_metrics });
  const options = someFields({ ...body.model_options, ...changes.model_options });
  return {
    ...body,
    ...changes,
    ...(custom && { custom_attributes: custom }),
    ...(metrics && { custom_eval_metrics: metrics }),
    ...(options && { model_options: options }),
  };
}

function fieldsOf(interaction: Interaction): readonly (keyof Interaction)[] {
  return Object.keys(interaction) as (keyof Interaction)[];
}

function memberOf(field: keyof Interaction, known: Interaction, after: Interaction): unknown {
  const group = recordOf(after[field]);
  return group && !replacedWhole.has(field) ? { ...recordOf(known[field]), ...group } : after[field];
}

/** Of a run only the message of the changed record; it stays the same message. */
function outputOf(known: Interaction, after: Interaction, index: number): readonly OutputMessage[] | undefined {
  if (known.operation !== OPERATION.invokeAgent) return after.outputMessages;
  const [message] = after.outputMessages ?? [];
  const { outputMessages = [] } = known;
  const before = outputMessages[index];
  if (!message) return known.outputMessages;
  return before ? outputMessages.with(index, { ...before, ...message }) : [...outputMessages, message];
}
