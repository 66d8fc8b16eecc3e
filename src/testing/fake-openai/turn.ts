import type { ModelTurn, OfferedTool, TurnMessage } from './types.ts';

/** What the tools gave back since the last user message. */
export function openToolOutputs(messages: readonly TurnMessage[]): ModelTurn['toolOutputs'] {
  const names = new Map(messages.flatMap((message) => message.toolCalls ?? []).map((call) => [call.id, call.name]));
  const lastUser = messages.findLastIndex((message) => message.role === 'user');
  return messages
    .slice(lastUser + 1)
    .filter((message) => message.role === 'tool' || message.role === 'function')
    .map(({ toolCallId = '', text }) => ({ id: toolCallId, name: names.get(toolCallId) ?? toolCallId, output: text }));
}

/** The text of message content, whichever API wrote it: a string, or parts with `text`, `text.value` or `refusal`. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map(partText).filter(Boolean).join('\n');
}

function partText(part: unknown): string {
  if (typeof part === 'string') return part;
  if (!isObject(part)) return '';
  const { text, refusal } = part;
  if (typeof text === 'string') return text;
  if (isObject(text) && typeof text['value'] === 'string') return text['value'];
  return typeof refusal === 'string' ? refusal : '';
}

export const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The functions among the tools, in chat's nested form (`{ function: { name } }`) or the flat one of responses. */
export function offeredFunctions(tools: unknown): OfferedTool[] {
  if (!Array.isArray(tools)) return [];
  return tools.filter(isObject).flatMap((tool) => {
    if (tool['type'] !== undefined && tool['type'] !== 'function') return [];
    const definition = isObject(tool['function']) ? tool['function'] : tool;
    if (typeof definition['name'] !== 'string') return [];
    const { name, description, parameters } = definition;
    return [
      {
        name: String(name),
        description: typeof description === 'string' ? description : '',
        parameters: isObject(parameters) ? parameters : {},
      },
    ];
  });
}

export function toolChoiceOf(choice: unknown): ModelTurn['toolChoice'] {
  if (choice === 'none' || choice === 'required') return choice;
  if (!isObject(choice)) return 'auto';
  const definition = isObject(choice['function']) ? choice['function'] : choice;
  return typeof definition['name'] === 'string' ? { name: definition['name'] } : 'auto';
}

/** The schema of a `response_format` or `text.format`; `{}` for JSON of any form. */
export function schemaOf(format: unknown): { readonly [key: string]: unknown } | undefined {
  if (!isObject(format)) return undefined;
  if (format['type'] === 'json_object') return {};
  if (format['type'] !== 'json_schema') return undefined;
  const definition = isObject(format['json_schema']) ? format['json_schema'] : format;
  return isObject(definition['schema']) ? definition['schema'] : {};
}
