import { errorFromOpenAI } from '../../../formats/openai/completion.ts';
import { ERROR_CODE, type RecordedError } from '../../errors.ts';

/** The failure of an answer with status 200 that holds an error and no result. */
export function readErrorAnswer(answer: unknown): RecordedError | undefined {
  const error = errorFromOpenAI(answer);
  if (!error) return undefined;
  const { code, message } = error;
  return {
    type: code !== undefined && ERROR_CODE.test(code) ? code : '_OTHER',
    ...(message !== undefined && { message }),
  };
}
