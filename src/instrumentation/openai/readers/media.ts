import { usageFromOpenAI } from '../../../formats/openai/completion.ts';
import type { Facts } from '../../../interaction/interaction.ts';
import { fieldOf, type RequestBody } from './parameters.ts';

/** The encoding that the caller asked for; the one that the SDK asks for by itself is nobody's wish. */
export function readEmbeddingRequest(body: RequestBody): Facts {
  const format = body['encoding_format'];
  return typeof format === 'string' ? { parameters: { encodingFormats: [format] } } : {};
}

export function readEmbeddings(answer: unknown, asked: Facts): Facts {
  const dimensionCount = asked.parameters?.dimensionCount ?? dimensionsOf(answer);
  return { ...readCommon(answer), ...(dimensionCount !== undefined && { parameters: { dimensionCount } }) };
}

/** Numbers, or as many 32-bit floats in base64. */
function dimensionsOf(answer: unknown): number | undefined {
  const vector = fieldOf(fieldOf(fieldOf(answer, 'data'), '0'), 'embedding');
  if (Array.isArray(vector)) return vector.length;
  return typeof vector === 'string' ? Math.floor(Buffer.byteLength(vector, 'base64') / 4) : undefined;
}

/** Model and usage, which most answers have in one place. */
export function readCommon(answer: unknown): Facts {
  const model = fieldOf(answer, 'model');
  const id = fieldOf(answer, 'id');
  const usage = usageFromOpenAI(fieldOf(answer, 'usage'));
  return {
    ...(typeof model === 'string' && { responseModel: model }),
    ...(typeof id === 'string' && { responseId: id }),
    ...(usage && { usage }),
  };
}
