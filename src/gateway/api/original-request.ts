import { openAIRequestFrom, openAIToolsFrom } from '../../formats/openai/request.ts';
import type { Interaction } from '../../interaction/interaction.ts';
import type { Message, Part } from '../../interaction/message.ts';
import type { Answer } from './routes.ts';

type Rebuilt = Answer<'getRequest'>;

/** The request to the model, as far as the interaction has it. `$OPENAI_API_KEY` stands where the key was. */
export function originalRequestOf(interaction: Interaction): Rebuilt {
  const [path, body] = pathAndBody(interaction);
  const reason = missingIn(interaction);
  return {
    method: 'POST',
    url: `${baseOf(interaction)}${path}`,
    headers: {
      'content-type': 'application/json',
      authorization: 'Bearer $OPENAI_API_KEY',
      ...(interaction.operation === 'invoke_agent' && { 'openai-beta': 'assistants=v2' }),
    },
    body: JSON.parse(JSON.stringify(body)) as Rebuilt['body'],
    ...(reason !== undefined && { missing: reason }),
  };
}

function pathAndBody(interaction: Interaction): [path: string, body: object] {
  const { operation, api, requestModel: model, parameters } = interaction;
  if (operation === 'invoke_agent' && interaction.run) {
    const thread = encodeURIComponent(interaction.conversationId ?? '');
    return [`/threads/${thread}/runs`, { assistant_id: interaction.agent?.id, model }];
  }
  if (operation === 'embeddings') {
    const input = textsOf(interaction.inputMessages);
    return ['/embeddings', { model, input, dimensions: parameters?.dimensionCount }];
  }
  if (operation === 'text_completion') {
    const { messages: _, tools: __, ...settings } = openAIRequestFrom(interaction);
    return ['/completions', { ...settings, prompt: textsOf(interaction.inputMessages).join('') }];
  }
  return api === 'responses'
    ? ['/responses', responsesBody(interaction)]
    : ['/chat/completions', chatBody(interaction)];
}

function chatBody(interaction: Interaction): object {
  const { max_tokens, ...request } = openAIRequestFrom(interaction);
  return {
    ...request,
    max_completion_tokens: max_tokens,
    messages: request.messages.map(({ reasoning_content: _, ...message }) => message),
  };
}

function responsesBody(interaction: Interaction): object {
  const { parameters = {}, systemInstructions = [] } = interaction;
  return {
    model: interaction.requestModel,
    instructions: systemInstructions.map(({ content }) => content).join('\n') || undefined,
    previous_response_id: interaction.previousResponseId,
    input: (interaction.inputMessages ?? []).flatMap(responsesItems),
    tools: openAIToolsFrom(interaction.toolDefinitions)?.map((tool) =>
      'function' in tool ? { type: 'function', ...tool.function } : tool,
    ),
    temperature: parameters.temperature,
    top_p: parameters.topP,
    max_output_tokens: parameters.maxTokens,
    reasoning: parameters.reasoningLevel === undefined ? undefined : { effort: parameters.reasoningLevel },
    stream: parameters.stream,
    service_tier: interaction.serviceTier?.request,
  };
}

/** Calls and their results are items of their own there. */
function responsesItems({ role, parts }: Message): object[] {
  const content = parts.flatMap((part) => responsesContent(part, role));
  const calls = parts.flatMap((part): object[] => {
    if (part.type === 'tool_call')
      return [{ type: 'function_call', call_id: part.id, name: part.name, arguments: textOf(part.arguments) }];
    if (part.type === 'tool_call_response')
      return [{ type: 'function_call_output', call_id: part.id, output: textOf(part.response) }];
    return [];
  });
  return content.length > 0 ? [{ role, content }, ...calls] : calls;
}

function responsesContent(part: Part, role: string): object[] {
  if (part.type === 'text') return [{ type: role === 'assistant' ? 'output_text' : 'input_text', text: part.content }];
  if (part.type === 'uri' && part.modality === 'image') return [{ type: 'input_image', image_url: part.uri }];
  if (part.type === 'blob' && part.modality === 'image')
    return [{ type: 'input_image', image_url: `data:${part.mime_type ?? ''};base64,${part.content}` }];
  return [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

function textsOf(messages: readonly Message[] = []): string[] {
  return messages.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'text' ? [part.content] : [])));
}

function missingIn({ operation, inputMessages }: Interaction): string | undefined {
  if (operation === 'invoke_agent') return 'Messages that the thread already had are not part of this request.';
  return inputMessages?.length ? undefined : 'The content of the request was not kept.';
}

/** Chat servers elsewhere than at OpenAI's have the same paths below `/v1`. */
function baseOf({ serverAddress, serverPort }: Interaction): string {
  if (serverAddress === undefined) return 'https://api.openai.com/v1';
  const isLocal = serverPort !== undefined && serverPort !== 443;
  const port = isLocal && serverPort !== 80 ? `:${serverPort}` : '';
  return `${isLocal ? 'http' : 'https'}://${serverAddress}${port}/v1`;
}
