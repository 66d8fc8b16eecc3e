import { ApiError } from '../../gateway/api/client.ts';
import type { Answer } from '../../gateway/api/routes.ts';
import type { Interaction } from '../../interaction/interaction.ts';
import type { Message, Part } from '../../interaction/message.ts';
import { api } from '../api.ts';
import { titleOf } from './conversation-columns.tsx';
import { transcriptOf } from './transcript.ts';

/** One of the two that are compared. */
export interface Side {
  readonly id: string;
  readonly project: string;
  readonly kind: 'interaction' | 'conversation';
  readonly title: string;
  readonly detail: string;
  readonly at: number;
  readonly href: string;
  readonly conversation: string;
  readonly facts: Readonly<Record<string, string | number | undefined>>;
  readonly messages: readonly ComparedMessage[];
  readonly raw: unknown;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly deliveries: Readonly<Record<string, string>>;
}

export type Sides = readonly [a: Side, b: Side];

export interface ComparedMessage {
  readonly role: string;
  readonly text: string;
}

/**
 * Of a conversation or an interaction, whichever has the id.
 * @param project where several have an interaction of this id
 */
export async function loadSide(id: string, project: string | undefined): Promise<Side> {
  const call = { params: { id }, query: { project } };
  if (id.includes(':')) return sideOfInteraction(await api.getInteraction(call));
  try {
    return sideOfConversation(await api.getConversation({ params: { id }, query: { ...call.query, limit: 500 } }));
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return sideOfInteraction(await api.getInteraction(call));
    throw error;
  }
}

function sideOfInteraction(detail: Answer<'getInteraction'>): Side {
  const interaction = detail.interaction as Partial<Interaction>;
  const { systemInstructions = [], inputMessages = [], outputMessages = [], parameters = {}, usage = {} } = interaction;
  const system = systemInstructions.length > 0 ? [{ role: 'system', parts: systemInstructions }] : [];
  return {
    id: detail.id,
    project: detail.project,
    kind: 'interaction',
    title: detail.name,
    detail: detail.title ?? detail.id,
    at: detail.startTime,
    href: `/c/${encodeURIComponent(detail.conversation)}/turns`,
    conversation: detail.conversation,
    facts: {
      Model: detail.model,
      Prompt: detail.prompt ?? detail.agent,
      User: detail.user,
      Reasoning: parameters.reasoningLevel,
      Temperature: parameters.temperature,
      'Top p': parameters.topP,
      'Most tokens': parameters.maxTokens,
      Seed: parameters.seed,
      'Offered tools': interaction.toolDefinitions?.length,
      'Input tokens': detail.inputTokens,
      'of it cached': usage.cacheReadInputTokens,
      'Output tokens': detail.outputTokens,
      'of it reasoning': usage.reasoningOutputTokens,
      'Cost, USD': detail.cost,
      'of it input': detail.costParts?.input,
      'of it output': detail.costParts?.output,
      'First chunk': detail.timeToFirstChunk,
      Duration: detail.duration,
      Finish: interaction.finishReasons?.join(', '),
      Status: detail.status,
      Feedback: feedbackOf(detail.feedback),
    },
    messages: [...system, ...inputMessages, ...outputMessages].map(compared),
    raw: interaction,
    attributes: flat(interaction),
    deliveries: detail.deliveries,
  };
}

function sideOfConversation(detail: Answer<'getConversation'>): Side {
  const turns = transcriptOf(detail.rows);
  const messages = turns.flatMap((turn) =>
    turn.messages.map(({ role, parts, calls, error }) => ({
      role,
      text: [
        ...parts.map(textOfPart),
        ...calls.map(({ call, response }) =>
          [`${call.name}(${json(call.arguments)})`, json(response)].filter(Boolean).join('\n'),
        ),
        ...(error === undefined ? [] : [error]),
      ]
        .filter(Boolean)
        .join('\n'),
    })),
  );
  const { rows, next, ...row } = detail;
  return {
    id: detail.id,
    project: detail.project,
    kind: 'conversation',
    title: titleOf(detail),
    detail: detail.conversationId ?? detail.id,
    at: detail.firstAt,
    href: `/c/${encodeURIComponent(detail.id)}`,
    conversation: detail.id,
    facts: {
      Models: detail.models.join(', ') || undefined,
      Prompts: (detail.prompts.length > 0 ? detail.prompts : detail.agents).join(', ') || undefined,
      Users: detail.users.join(', ') || undefined,
      Tools: detail.tools.join(', ') || undefined,
      Turns: detail.turns,
      Interactions: detail.interactions,
      'Input tokens': detail.inputTokens,
      'Output tokens': detail.outputTokens,
      'Cost, USD': detail.cost,
      Duration: detail.duration,
      Errors: detail.errors,
      Status: detail.status,
      Feedback: feedbackOf(detail.feedback),
    },
    messages,
    raw: { ...row, rows: rows.map(({ interaction }) => interaction) },
    attributes: flat(row),
    deliveries: detail.deliveries,
  };
}

function feedbackOf({ up, down }: { readonly up: number; readonly down: number }): string | undefined {
  if (up + down === 0) return undefined;
  return [up > 0 && `${up} up`, down > 0 && `${down} down`].filter(Boolean).join(', ');
}

function compared({ role, parts }: Message): ComparedMessage {
  return { role, text: parts.map(textOfPart).filter(Boolean).join('\n') };
}

function textOfPart(part: Part): string {
  if (part.type === 'text' || part.type === 'reasoning' || part.type === 'refusal') return part.content;
  if (part.type === 'tool_call') return `${part.name}(${json(part.arguments)})`;
  if (part.type === 'tool_call_response') return json(part.response);
  if (part.type === 'blob') return `[${part.modality}, ${part.content.length} characters of base64]`;
  return json(part);
}

function json(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value, undefined, 1);
}

const SKIPPED = ['inputMessages', 'outputMessages', 'systemInstructions', 'toolDefinitions'];

/** `usage.inputTokens` and so on: every field that is not a message. */
function flat(value: object, prefix = ''): Record<string, unknown> {
  const entries = Object.entries(value).flatMap(([key, item]): [string, unknown][] => {
    if (prefix === '' && SKIPPED.includes(key)) return [];
    const isBranch = item !== null && typeof item === 'object' && !Array.isArray(item);
    return isBranch ? Object.entries(flat(item, `${prefix}${key}.`)) : [[`${prefix}${key}`, item]];
  });
  return Object.fromEntries(entries);
}
