import type { Content } from '../../../interaction/interaction.ts';
import { OPERATION } from '../../../semconv/names.ts';
import type { Collector, Shape } from '../../inference.ts';
import { readErrorAnswer } from '../readers/error-answer.ts';
import { LastUsage, readCommon, readEmbeddingRequest, readEmbeddings, StreamedTranscript } from '../readers/media.ts';
import { fieldOf, type RequestBody } from '../readers/parameters.ts';
import { common } from './common.ts';

const userText = (text: unknown): Content =>
  typeof text === 'string' ? { inputMessages: [{ role: 'user', parts: [{ type: 'text', content: text }] }] } : {};

const texts = (input: unknown): Content => {
  const list = (Array.isArray(input) ? input : [input]).filter((text) => typeof text === 'string');
  return { inputMessages: list.map((content) => ({ role: 'user', parts: [{ type: 'text', content }] })) };
};

const snapshotText =
  (field: string) =>
  (body: RequestBody): (() => Content) => {
    const text = body[field];
    return () => userText(text);
  };

/** Vectors are not recorded. */
export const embeddings: Shape = {
  ...common,
  operation: OPERATION.embeddings,
  request: readEmbeddingRequest,
  snapshot: (body) => {
    const input = Array.isArray(body['input']) ? [...(body['input'] as unknown[])] : body['input'];
    return () => texts(input);
  },
  answer: readEmbeddings,
  failure: readErrorAnswer,
};

const collect = (): Collector => new LastUsage();

/** Images are not recorded. */
export const image: Shape = {
  ...common,
  operation: OPERATION.imageGeneration,
  request: () => ({ parameters: { outputType: 'image' } }),
  snapshot: snapshotText('prompt'),
  collect,
  answer: readCommon,
  failure: readErrorAnswer,
};

export const transcription: Shape = {
  ...common,
  operation: OPERATION.transcription,
  snapshot: snapshotText('prompt'),
  collect: (withContent, maxTextLength) => new StreamedTranscript(withContent, maxTextLength),
  answer: readCommon,
  failure: readErrorAnswer,
  content: (answer) => {
    const text = typeof answer === 'string' ? answer : fieldOf(answer, 'text');
    return typeof text === 'string'
      ? { outputMessages: [{ role: 'assistant', parts: [{ type: 'text', content: text }] }] }
      : {};
  },
};

/** The application reads speech as a stream of bytes; the audio is not recorded. */
export const speech: Shape = {
  ...common,
  operation: OPERATION.speech,
  request: () => ({ parameters: { outputType: 'speech' } }),
  snapshot: snapshotText('input'),
  collect,
  answer: () => ({}),
};

export const moderation: Shape = {
  ...common,
  operation: OPERATION.moderation,
  snapshot: (body) => {
    const input = Array.isArray(body['input']) ? [...(body['input'] as unknown[])] : body['input'];
    return () => texts(input);
  },
  answer: readCommon,
  failure: readErrorAnswer,
};
