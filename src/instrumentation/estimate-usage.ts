import type { Content, Usage } from '../interaction/interaction.ts';
import { jsonText } from '../interaction/json.ts';
import type { Message } from '../interaction/message.ts';

/** English text has about this many characters per token; other languages have fewer. */
const CHARACTERS_PER_TOKEN = 4;

/** Estimates the usage of a call from the length of its texts. The result is marked as an estimate everywhere. */
export function estimateUsage({ systemInstructions = [], inputMessages = [], outputMessages = [] }: Content): Usage {
  const input = [{ role: 'system', parts: systemInstructions }, ...inputMessages];
  return { inputTokens: tokensIn(input), outputTokens: tokensIn(outputMessages), estimated: true };
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
