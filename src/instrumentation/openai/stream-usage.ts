import type { Content, Usage } from '../../interaction/interaction.ts';
import { jsonText } from '../../interaction/json.ts';
import type { Message } from '../../interaction/message.ts';
import { fieldOf, type RequestBody } from './readers/parameters.ts';

/**
 * A streamed request that also asks for its usage, which chat completions tell in a last chunk and only when asked.
 * Undefined where nothing has to be added; a caller who sets options of streams knows what there is to ask for.
 */
export function askingForUsage(body: RequestBody): RequestBody | undefined {
  if (body['stream'] !== true || body['stream_options'] !== undefined) return undefined;
  return { ...body, stream_options: { include_usage: true } };
}

/**
 * A chunk as it would be, had we not asked: the one that says nothing but the usage is hidden, and the others lose the
 * `usage: null` that they have for that one's sake. They were parsed a moment ago, and nobody else has seen them.
 */
export function withoutAskedUsage(chunk: unknown): 'hide' | undefined {
  const choices = fieldOf(chunk, 'choices');
  const usage = fieldOf(chunk, 'usage');
  if (Array.isArray(choices) && choices.length === 0 && usage != null) return 'hide';
  if (usage === null) delete (chunk as { usage?: null }).usage;
  return undefined;
}

/** English text has about so many characters to a token; other languages have fewer. */
const CHARACTERS_PER_TOKEN = 4;

/** What a call may have used, by the length of what was said. Marked as an estimate wherever it goes. */
export function estimateUsage({ systemInstructions = [], inputMessages = [], outputMessages = [] }: Content): Usage {
  const asked = [{ role: 'system', parts: systemInstructions }, ...inputMessages];
  return { inputTokens: tokensIn(asked), outputTokens: tokensIn(outputMessages), estimated: true };
}

function tokensIn(messages: readonly Message[]): number {
  let characters = 0;
  for (const { parts } of messages) {
    for (const part of parts) {
      if (part.type === 'tool_call') characters += part.name.length + jsonText(part.arguments).length;
      else if (part.type === 'tool_call_response') characters += jsonText(part.response).length;
      else if (part.type !== 'blob' && 'content' in part && part.content !== undefined)
        characters += part.content.length;
    }
  }
  return Math.ceil(characters / CHARACTERS_PER_TOKEN);
}
