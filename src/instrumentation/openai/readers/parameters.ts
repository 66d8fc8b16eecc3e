import { someFields } from '../../../interaction/defined.ts';
import type { Facts, Parameters, Writable } from '../../../interaction/interaction.ts';
import { fieldOf, type RequestBody } from '../../request-body.ts';

export { fieldOf, type RequestBody } from '../../request-body.ts';

/**
 * Adds the settings of a request under the names of chat, completions, responses and embeddings. It runs before every
 * call, so it writes into an existing record.
 */
export function readRequest(body: RequestBody, facts: Writable<Facts>): void {
  const parameters: Writable<Parameters> = {};
  const { temperature, top_p: topP, frequency_penalty: frequencyPenalty, presence_penalty: presencePenalty } = body;
  if (typeof temperature === 'number') parameters.temperature = temperature;
  if (typeof topP === 'number') parameters.topP = topP;
  if (typeof frequencyPenalty === 'number') parameters.frequencyPenalty = frequencyPenalty;
  if (typeof presencePenalty === 'number') parameters.presencePenalty = presencePenalty;
  if (typeof body['seed'] === 'number') parameters.seed = body['seed'];
  if (typeof body['dimensions'] === 'number') parameters.dimensionCount = body['dimensions'];
  const maxTokens = body['max_completion_tokens'] ?? body['max_output_tokens'] ?? body['max_tokens'];
  if (typeof maxTokens === 'number') parameters.maxTokens = maxTokens;
  if (typeof body['n'] === 'number' && body['n'] !== 1) parameters.choiceCount = body['n'];
  if (body['stream'] === true) parameters.stream = true;
  const { stop } = body;
  if (typeof stop === 'string') parameters.stopSequences = [stop];
  else if (Array.isArray(stop)) parameters.stopSequences = stop.filter((sequence) => typeof sequence === 'string');
  const effort = body['reasoning_effort'] ?? fieldOf(body['reasoning'], 'effort');
  if (typeof effort === 'string') parameters.reasoningLevel = effort;
  const outputType = outputTypeFrom(body);
  if (outputType !== undefined) parameters.outputType = outputType;

  const { model, service_tier: tier } = body;
  if (typeof model === 'string' && model !== '') facts.requestModel = model;
  if (someFields(parameters)) facts.parameters = parameters;
  // `auto` is the default.
  if (typeof tier === 'string' && tier !== 'auto') facts.serviceTier = { request: tier };
}

function outputTypeFrom(body: RequestBody): Parameters['outputType'] {
  const format = fieldOf(body['response_format'], 'type') ?? fieldOf(fieldOf(body['text'], 'format'), 'type');
  if (format === 'json_object' || format === 'json_schema') return 'json';
  if (format === 'text') return 'text';
  return Array.isArray(body['modalities']) && body['modalities'].includes('audio') ? 'speech' : undefined;
}
