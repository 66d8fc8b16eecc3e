import type { Operation } from '../client/observer.ts';
import { observeInference } from '../inference.ts';
import { assistantOperations } from './assistants/index.ts';
import { readChoices, readCompletion } from './readers/chat.ts';
import { readErrorAnswer } from './readers/error-answer.ts';
import { readFailure, readOutput, readResponse } from './readers/responses.ts';
import { chat, completion } from './shapes/chat.ts';
import { embeddings, image, moderation, speech, transcription } from './shapes/media.ts';
import { compaction, observeFetch, response } from './shapes/responses.ts';

/** For methods that few applications call. Their readers are loaded by the first call: see scripts/lazy-chunks.mjs. */
function lazily(observer: () => Operation['observe']): Operation['observe'] {
  let observe: Operation['observe'] | undefined;
  return (call, recorder) => {
    observe ??= observer();
    return observe(call, recorder);
  };
}

/**
 * Every leaf method that is watched. A new method of the SDK needs a row here, and a shape if its requests or answers
 * differ.
 */
export const operations: readonly Operation[] = [
  { path: 'chat.completions.create', observe: observeInference(chat) },
  {
    path: 'chat.completions.retrieve',
    observe: lazily(() =>
      observeFetch('chat_completions', { facts: readCompletion, content: readChoices, failure: readErrorAnswer }),
    ),
  },
  { path: 'completions.create', observe: observeInference(completion) },
  { path: 'responses.create', observe: lazily(() => observeInference(response)) },
  {
    path: 'responses.retrieve',
    observe: lazily(() =>
      observeFetch('responses', { facts: readResponse, content: readOutput, failure: readFailure }),
    ),
  },
  { path: 'responses.compact', observe: lazily(() => observeInference(compaction)) },
  { path: 'embeddings.create', observe: lazily(() => observeInference(embeddings)) },
  { path: 'images.generate', observe: lazily(() => observeInference(image)) },
  { path: 'images.edit', observe: lazily(() => observeInference(image)) },
  { path: 'images.createVariation', observe: lazily(() => observeInference(image)) },
  { path: 'audio.transcriptions.create', observe: lazily(() => observeInference(transcription)) },
  { path: 'audio.translations.create', observe: lazily(() => observeInference(transcription)) },
  { path: 'audio.speech.create', observe: lazily(() => observeInference(speech)) },
  { path: 'moderations.create', observe: lazily(() => observeInference(moderation)) },
  ...assistantOperations,
];
