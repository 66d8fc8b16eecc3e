import { OPERATION } from '../../../semconv/names.ts';
import type { Shape } from '../../inference.ts';
import { readChoices, readCompletion, readMessages, readToolCalls, readToolHistory } from '../readers/chat.ts';
import { readErrorAnswer } from '../readers/error-answer.ts';
import { snapshotMessages, snapshotTools } from '../readers/message-snapshot.ts';
import { StreamedCompletion } from '../readers/streamed-completion.ts';
import { common, requestUsage } from './common.ts';

/** `chat.completions.create`, which all helpers call. */
export const chat: Shape = {
  ...common,
  operation: OPERATION.chat,
  api: 'chat_completions',
  snapshot: (body) => {
    const messages = snapshotMessages(body['messages']);
    const toolDefinitions = snapshotTools(body['tools'] ?? body['functions'], body['messages']);
    return () => ({ inputMessages: readMessages(messages), ...(toolDefinitions && { toolDefinitions }) });
  },
  requestUsage,
  collect: (withContent, maxTextLength) => new StreamedCompletion(withContent, maxTextLength),
  answer: readCompletion,
  content: readChoices,
  toolHistory: readToolHistory,
  toolCalls: readToolCalls,
  failure: readErrorAnswer,
};

/** The older `completions.create`: a prompt is recorded as a user message, and each choice as an assistant message. */
export const completion: Shape = {
  ...common,
  operation: OPERATION.textCompletion,
  snapshot: (body) => {
    const { prompt } = body;
    const prompts = (Array.isArray(prompt) ? prompt : [prompt]).filter((text) => typeof text === 'string');
    return () => ({ inputMessages: prompts.map((content) => ({ role: 'user', parts: [{ type: 'text', content }] })) });
  },
  requestUsage,
  collect: (withContent, maxTextLength) => new StreamedCompletion(withContent, maxTextLength),
  answer: readCompletion,
  content: readChoices,
  failure: readErrorAnswer,
};
