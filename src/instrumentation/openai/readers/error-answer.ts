import { errorFromOpenAI } from '../../../formats/openai/completion.ts';
import type { RecordedError } from '../../errors.ts';

/** Codes are short words; anything else may be a message. */
const CODE = /^[\w.-]{1,64}$/;

/** The failure of an answer with status 200 that holds an error and no result. */
export function readErrorAnswer(answer: unknown): RecordedError | undefined {
  const error = errorFromOpenAI(answer);
  if (!error) return undefined;
  const { code, message } = error;
  return {
    type: code !== undefined && CODE.test(code) ? code : '_OTHER',
    ...(message !== undefined && { message }),
  };
}
