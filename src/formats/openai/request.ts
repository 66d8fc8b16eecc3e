import { defined, nonEmpty, presentOf, someFields, someOf } from '../../interaction/defined.ts';
import type { Facts, Interaction, Parameters, Writable } from '../../interaction/interaction.ts';
import type { ToolDefinition } from '../../interaction/message.ts';
import { listOf, numberOf, recordOf, stringOf, type UnknownRecord } from '../../interaction/unknown.ts';
import { inputFromOpenAI, type OpenAIMessage, openAIMessagesFrom } from './messages.ts';

/** Converts between an interaction and the parameters of OpenAI's `chat.completions.create`. Pure. */

export type OpenAIParameters = {
  readonly max_tokens?: number;
  readonly n?: number;
  readonly temperature?: number;
  readonly top_p?: number;
  readonly frequency_penalty?: number;
  readonly presence_penalty?: number;
  readonly stop?: readonly string[];
  readonly seed?: number;
  readonly stream?: boolean;
  readonly reasoning_effort?: string;
  readonly response_format?: { readonly type: string };
};

export type OpenAITool =
  | { readonly type: 'function'; readonly function: Omit<ToolDefinition, 'type'> }
  | { readonly type: string; readonly name?: string; readonly description?: string; readonly parameters?: unknown };

export type OpenAIRequest = OpenAIParameters & {
  readonly model?: string;
  readonly messages: readonly OpenAIMessage[];
  readonly tools?: readonly OpenAITool[];
  readonly service_tier?: string;
};

/** The request in the format of chat completions, even if it used another of OpenAI's APIs. */
export function openAIRequestFrom(interaction: Interaction): OpenAIRequest {
  return defined({
    model: nonEmpty(interaction.requestModel),
    messages: openAIMessagesFrom(interaction),
    ...openAIParametersFrom(interaction.parameters),
    tools: openAIToolsFrom(interaction.toolDefinitions),
    service_tier: interaction.serviceTier?.request,
  });
}

export function requestFromOpenAI(request: unknown): Facts {
  const record = recordOf(request) ?? {};
  return defined({
    requestModel: stringOf(record['model']) || undefined,
    ...inputFromOpenAI(record['messages']),
    parameters: parametersFromOpenAI(record),
    toolDefinitions: toolsFromOpenAI(record['tools'] ?? record['functions']),
    serviceTier: someFields(defined({ request: stringOf(record['service_tier']) })),
  });
}

/** `max_tokens` stands for both of its names: an interaction does not store which one was used. */
export function openAIParametersFrom(parameters: Parameters | undefined): OpenAIParameters {
  if (!parameters) return {};
  return defined({
    max_tokens: parameters.maxTokens,
    n: parameters.choiceCount,
    temperature: parameters.temperature,
    top_p: parameters.topP,
    frequency_penalty: parameters.frequencyPenalty,
    presence_penalty: parameters.presencePenalty,
    stop: parameters.stopSequences,
    seed: parameters.seed,
    stream: parameters.stream || undefined,
    reasoning_effort: parameters.reasoningLevel,
    response_format: parameters.outputType === 'json' ? { type: 'json_object' } : undefined,
  });
}

/** The known parameters of a record. Undefined if it has none of them. */
export function parametersFromOpenAI(parameters: UnknownRecord): Parameters | undefined {
  return someFields(
    defined({
      maxTokens: numberOf(parameters['max_completion_tokens'] ?? parameters['max_tokens']),
      choiceCount: numberOf(parameters['n']),
      temperature: numberOf(parameters['temperature']),
      topP: numberOf(parameters['top_p']),
      frequencyPenalty: numberOf(parameters['frequency_penalty']),
      presencePenalty: numberOf(parameters['presence_penalty']),
      stopSequences: stopSequencesFrom(parameters['stop']),
      seed: numberOf(parameters['seed']),
      stream: parameters['stream'] === true ? true : undefined,
      reasoningLevel: stringOf(parameters['reasoning_effort']),
      outputType: outputTypeFrom(parameters['response_format']),
    }),
  );
}

function stopSequencesFrom(stop: unknown): readonly string[] | undefined {
  if (typeof stop === 'string') return [stop];
  return listOf(stop)?.filter((sequence) => typeof sequence === 'string');
}

function outputTypeFrom(format: unknown): 'json' | undefined {
  const type = recordOf(format)?.['type'];
  return type === 'json_object' || type === 'json_schema' ? 'json' : undefined;
}

/**
 * Functions in the nested form of chat completions; other tools are flat, and have a name only if it differs from their
 * type.
 */
export function openAIToolsFrom(tools: readonly ToolDefinition[] | undefined): readonly OpenAITool[] | undefined {
  return someOf(tools?.map(encodeTool));
}

function encodeTool({ type, name, description, parameters }: ToolDefinition): OpenAITool {
  return type === 'function'
    ? { type: 'function', function: defined({ name, description, parameters: parameters ?? undefined }) }
    : defined({ type, name: name === type ? undefined : name, description, parameters: parameters ?? undefined });
}

/**
 * Definitions in the nested, the flat (Responses) or the old (`functions`) form. A single definition may be outside a
 * list.
 */
export function toolsFromOpenAI(tools: unknown): readonly ToolDefinition[] | undefined {
  return someOf(presentOf((listOf(tools) ?? [tools]).map(decodeTool)));
}

function decodeTool(value: unknown): ToolDefinition | undefined {
  const tool = recordOf(value);
  if (!tool) return undefined;
  const type = stringOf(tool['type']) ?? 'function';
  const definition = recordOf(tool['function']) ?? recordOf(tool['custom']) ?? tool;
  const name = stringOf(definition['name']) ?? (type === 'function' ? undefined : type);
  if (name === undefined) return undefined;
  // Assigned one by one: this runs for every tool of every request.
  const decoded: Writable<ToolDefinition> = { type, name };
  const description = stringOf(definition['description']);
  if (description !== undefined) decoded.description = description;
  const parameters = definition['parameters'] ?? undefined;
  if (parameters !== undefined) decoded.parameters = parameters;
  return decoded;
}
