import { type OpenAICompletion, openAICompletionFrom, openAIUsageFrom } from '../../formats/openai/completion.ts';
import { openAIRequestFrom } from '../../formats/openai/request.ts';
import { defined, nonEmpty } from '../../interaction/defined.ts';
import type { Interaction, User } from '../../interaction/interaction.ts';
import { toJson } from '../../interaction/json.ts';
import { textOf } from '../../interaction/message.ts';
import { numberOf, stringOf } from '../../interaction/unknown.ts';
import { fitted } from '../fit.ts';
import type { VendorRecord } from '../vendor.ts';
import type { ReconifyOptions } from './options.ts';
import type { ReconifyPayload } from './payload.ts';
import { SOURCE } from './source.ts';
import { encodeThreadMessage } from './thread-message.ts';

type Settings = Pick<ReconifyOptions, 'session' | 'sessionTimeout' | 'sendFailures' | 'maxRecordBytes'>;

/** The version of the API, which Reconify's page and the last npm module share. */
export const VERSION = '3.1.0';

/** Request and response in the format of each type. `response` is null where there was no answer. */
type Exchange = Pick<ReconifyPayload, 'request' | 'response'>;
interface Type {
  readonly name: string;
  readonly exchangeOf: (interaction: Interaction) => Exchange;
}

const chat: Type = { name: 'chat', exchangeOf: chatOf };
const types: Readonly<Record<string, Type | undefined>> = {
  invoke_agent: { name: 'assistant', exchangeOf: assistantOf },
  chat,
  generate_content: chat,
  text_completion: { name: 'completion', exchangeOf: completionOf },
};

/**
 * Reconify's record of a call or of a run that completed: its last message in and its last message out. Without the
 * two keys, which only the request carries. Pure; never throws. Source: Reconify's page on the OpenAI Assistant API
 */
export function encode(interaction: Interaction, settings: Settings): readonly VendorRecord<ReconifyPayload>[] {
  const type = Object.hasOwn(types, interaction.operation) ? types[interaction.operation] : undefined;
  const failed = interaction.outcome.status === 'error';
  if (!type || (failed && !settings.sendFailures)) return [];
  const known = inWholeMillis(toJson(interaction));
  const { request, response } = type.exchangeOf(known);
  const payload: ReconifyPayload = {
    reconify: { format: 'openai', type: type.name, version: VERSION },
    timestamps: { request: known.startTime, response: known.endTime },
    session: nonEmpty(known.sessionId) ?? settings.session ?? null,
    sessionTimeout: numberOf(known.source?.[SOURCE.sessionTimeout]) ?? settings.sessionTimeout ?? null,
    user: encodeUser(known.user),
    request,
    response: failed ? null : (response ?? null),
  };
  return [{ id: known.id, payload: fitted(payload, settings.maxRecordBytes) }];
}

/** All times of a record are rounded from the same two numbers, so that reading them back gives equal values. */
function inWholeMillis(interaction: Interaction): Interaction {
  return { ...interaction, startTime: Math.round(interaction.startTime), endTime: Math.round(interaction.endTime) };
}

function assistantOf(run: Interaction): Exchange {
  const { inputMessages = [], outputMessages = [], messageIds } = run;
  const question = inputMessages.findLast(({ role }) => role === 'user');
  const answer = outputMessages.at(-1);
  const questionId = question
    ? (question.id ?? messageIds?.in?.[inputMessages.indexOf(question)])
    : messageIds?.in?.at(-1);
  const answerId = answer?.id ?? nonEmpty(messageIds?.out?.at(-1));
  const place = {
    assistantId: nonEmpty(run.agent?.id),
    threadId: nonEmpty(stringOf(run.source?.[SOURCE.threadId]) ?? run.conversationId),
  };
  return {
    // Reconify expects a model in the thread message, which has none in OpenAI's API.
    request: defined({
      ...encodeThreadMessage(question, {
        ...place,
        id: questionId,
        role: 'user',
        time: run.startTime,
        runId: undefined,
      }),
      model: nonEmpty(run.requestModel) ?? nonEmpty(run.responseModel),
    }),
    response:
      answer || answerId !== undefined
        ? defined({
            ...encodeThreadMessage(answer, {
              ...place,
              id: answerId,
              role: 'assistant',
              time: run.endTime,
              runId: nonEmpty(run.run?.id),
            }),
            usage: openAIUsageFrom(run.usage),
          })
        : null,
  };
}

function chatOf(interaction: Interaction): Exchange {
  return { request: openAIRequestFrom(interaction), response: seen(openAICompletionFrom(interaction)) };
}

/** The old completions endpoint: a prompt instead of messages, a text instead of a message. */
function completionOf(interaction: Interaction): Exchange {
  const { messages: _, tools: __, ...request } = openAIRequestFrom(interaction);
  const completion = seen(openAICompletionFrom(interaction));
  const { outputMessages = [] } = interaction;
  return {
    request: { ...request, prompt: (interaction.inputMessages ?? []).map(textOf).join('\n') },
    response: completion && {
      ...completion,
      object: 'text_completion',
      choices: completion.choices.map(({ index, finish_reason }) => {
        const message = outputMessages[index];
        return { index, text: message ? textOf(message) : '', finish_reason };
      }),
    },
  };
}

function seen(completion: OpenAICompletion): OpenAICompletion | null {
  const { id, choices, usage } = completion;
  return choices.length > 0 || id !== undefined || usage !== undefined ? completion : null;
}

/** All user fields that the application has set. `{}` without a user, as both clients send it. */
function encodeUser(user: User = {}): NonNullable<ReconifyPayload['user']> {
  const { isAuthenticated } = user;
  return defined({
    userId: nonEmpty(user.id),
    isAuthenticated: isAuthenticated === undefined ? undefined : isAuthenticated ? (1 as const) : (0 as const),
    ...namesOf(user),
    email: nonEmpty(user.email),
    phone: nonEmpty(user.phone),
    gender: nonEmpty(user.gender),
  });
}

/** Reconify has no field for a full name, so a full name alone is split at its last space. */
function namesOf(user: User): { readonly firstName?: string; readonly lastName?: string } {
  const names = defined({ firstName: nonEmpty(user.firstName), lastName: nonEmpty(user.lastName) });
  if (Object.keys(names).length > 0) return names;
  const [, firstName, lastName] = /^(?:(.*) )?(.*)$/s.exec(user.fullName ?? '') ?? [];
  return firstName ? defined({ firstName, lastName: nonEmpty(lastName) }) : defined({ firstName: nonEmpty(lastName) });
}
