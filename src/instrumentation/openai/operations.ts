import type { Operation } from '../client/observer.ts';
import { observeInference } from '../inference.ts';
import { assistantOperations } from './assistants/index.ts';
import { readChoices, readCompletion } from './readers/chat.ts';
import { readOutput, readResponse } from './readers/responses.ts';
import { chat, completion } from './shapes/chat.ts';
import { embeddings, image, moderation, speech, transcription } from './shapes/media.ts';
import { compaction, observeFetch, response } from './shapes/responses.ts';

/**
 * Every leaf method that is watched. A new method of the SDK needs a row here, and a shape if its requests or answers
 * differ.
 */
export const operations: readonly Operation[] = [
  { path: 'chat.completions.create', observe: observeInference(chat) },
  { path: 'chat.completions.retrieve', observe: observeFetch('chat_completions', readCompletion, readChoices) },
  { path: 'completions.create', observe: observeInference(completion) },
  { path: 'responses.create', observe: observeInference(response) },
  { path: 'responses.retrieve', observe: observeFetch('responses', readResponse, readOutput) },
  { path: 'responses.compact', observe: observeInference(compaction) },
  { path: 'embeddings.create', observe: observeInference(embeddings) },
  { path: 'images.generate', observe: observeInference(image) },
  { path: 'images.edit', observe: observeInference(image) },
  { path: 'images.createVariation', observe: observeInference(image) },
  { path: 'audio.transcriptions.create', observe: observeInference(transcription) },
  { path: 'audio.translations.create', observe: observeInference(transcription) },
  { path: 'audio.speech.create', observe: observeInference(speech) },
  { path: 'moderations.create', observe: observeInference(moderation) },
  ...assistantOperations,
];
