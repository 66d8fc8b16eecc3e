import { answerFromOpenAI, createdFromOpenAI, usageFromOpenAI } from '../../formats/openai/completion.ts';
import { inputFromOpenAI } from '../../formats/openai/messages.ts';
import { requestFromOpenAI } from '../../formats/openai/request.ts';
import { defined, nonEmpty, someFields } from '../../interaction/defined.ts';
import type { Facts, Interaction, User } from '../../interaction/interaction.ts';
import { jsonText } from '../../interaction/json.ts';
import { idOf, recordOf, stringOf, type UnknownRecord } from '../../interaction/unknown.ts';
import { derivedIds } from '../derived-ids.ts';
import { type ReconifyPayload, reconifyPayload } from './payload.ts';
import { SOURCE } from './source.ts';
import { decodeThreadMessage } from './thread-message.ts';
import { picturesFrom } from './uploads.ts';

/** `reconify.type` → `gen_ai.operation.name`. */
const operations: Readonly<Record<string, string | undefined>> = {
  assistant: 'invoke_agent',
  chat: 'chat',
  completion: 'text_completion',
  generate: 'generate_content',
  image: 'image_generation',
};

/** `reconify.format` → `gen_ai.provider.name`; `universal` means that it is unknown. */
const providers: Readonly<Record<string, string | undefined>> = {
  openai: 'openai',
  bedrock: 'aws.bedrock',
  cohere: 'cohere',
  anthropic: 'anthropic',
  gemini: 'gcp.gemini',
  mistral: 'mistral_ai',
};

/**
 * The interaction in a tracked record. The schema drops the credentials. A record without timestamps starts at the epoch;
 * a gateway replaces that with the time of receipt. Pure.
 * @throws ZodError that names the field
 */
export function decode(payload: unknown): readonly Interaction[] {
  const body = reconifyPayload.parse(payload);
  const { reconify, request, response } = body;
  const operation = ownOf(operations, reconify.type) ?? 'chat';
  const exchange = exchangeFrom(operation, request, response);
  const ids = derivedIds(identityOf(body));
  const session = idOf(body.session);
  const thread = exchange.conversationId;
  return [
    defined({
      ...exchange,
      ...ids,
      id: exchange.run ? `run::${exchange.run.id}` : `${ids.traceId}:${ids.spanId}`,
      name: nameOf(operation, exchange),
      operation,
      provider: ownOf(providers, reconify.format),
      conversationId: session ?? thread,
      sessionId: session,
      user: userFrom(body.user),
      ...timesFrom(body),
      outcome: { status: 'ok' as const },
      source: defined({
        [SOURCE.version]: reconify.version,
        [SOURCE.sessionTimeout]: body.sessionTimeout || undefined,
        [SOURCE.threadId]: session === undefined ? undefined : (thread ?? ''),
      }),
    }),
  ];
}

function exchangeFrom(operation: string, request: unknown, response: unknown): Facts {
  if (operation === 'invoke_agent') return assistantFrom(request, response);
  const call = callFrom(request, response);
  const pictures = operation === 'image_generation' ? picturesFrom(response) : [];
  return pictures.length === 0 ? call : { ...call, outputMessages: [{ role: 'assistant', parts: pictures }] };
}

function ownOf(table: Readonly<Record<string, string | undefined>>, key: string): string | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function nameOf(operation: string, { requestModel }: Facts): string {
  return requestModel === undefined || operation === 'invoke_agent' ? operation : `${operation} ${requestModel}`;
}

/** What identifies a record, so that a resend has the same ids: the ids of both messages, else all of its content. */
function identityOf(body: ReconifyPayload): string {
  const requestId = idOf(recordOf(body.request)?.['id']);
  const responseId = idOf(recordOf(body.response)?.['id']);
  return requestId !== undefined && responseId !== undefined ? `${requestId}:${responseId}` : jsonText(body);
}

function assistantFrom(request: unknown, response: unknown): Facts {
  const question: UnknownRecord = recordOf(request) ?? { content: request };
  const answer: UnknownRecord | undefined =
    recordOf(response) ?? (typeof response === 'string' ? { content: response } : undefined);
  const runId = idOf(answer?.['run_id']) ?? idOf(question['run_id']);
  const agentId = idOf(question['assistant_id']) ?? idOf(answer?.['assistant_id']);
  return defined({
    requestModel: nonEmpty(stringOf(question['model'])),
    inputMessages: [decodeThreadMessage(question, 'user')],
    outputMessages: answer && [decodeThreadMessage(answer, 'assistant')],
    usage: usageFromOpenAI(answer?.['usage']),
    conversationId: idOf(question['thread_id']) ?? idOf(answer?.['thread_id']),
    agent: agentId === undefined ? undefined : { id: agentId },
    run: runId === undefined ? undefined : { id: runId },
  });
}

function callFrom(request: unknown, response: unknown): Facts {
  const parameters = recordOf(request);
  const answer = response === undefined || response === null ? {} : answerFromOpenAI(response);
  const facts = parameters ? requestFromOpenAI(parameters) : {};
  return defined({
    ...facts,
    ...(parameters?.['messages'] === undefined && inputFromOpenAI(parameters ? parameters['prompt'] : request)),
    ...answer,
    serviceTier: someFields({ ...facts.serviceTier, ...answer.serviceTier }),
  });
}

/** Some clients send seconds. Anything before 1973 in milliseconds is one of those. */
const MIN_MILLIS = 1e11;

function timesFrom({ timestamps, response }: ReconifyPayload): Pick<Interaction, 'startTime' | 'endTime'> {
  const { request: start, response: end } = timestamps ?? {};
  const unit = (start ?? end ?? 0) < MIN_MILLIS ? 1000 : 1;
  const endTime = (end ?? start) === undefined ? (createdFromOpenAI(response) ?? 0) : (end ?? start ?? 0) * unit;
  return { startTime: start === undefined ? endTime : start * unit, endTime };
}

function userFrom(user: ReconifyPayload['user']): User | undefined {
  if (!user) return undefined;
  const { isAuthenticated } = user;
  const firstName = user.firstName || undefined;
  const lastName = user.lastName || undefined;
  return someFields(
    defined({
      id: idOf(user.userId),
      email: user.email || undefined,
      fullName: nonEmpty([firstName, lastName].filter(Boolean).join(' ')),
      firstName,
      lastName,
      phone: user.phone || undefined,
      gender: user.gender || undefined,
      isAuthenticated: typeof isAuthenticated === 'string' ? undefined : toFlag(isAuthenticated),
    }),
  );
}

function toFlag(flag: 0 | 1 | boolean | null | undefined): boolean | undefined {
  return flag === null || flag === undefined ? undefined : Boolean(flag);
}
