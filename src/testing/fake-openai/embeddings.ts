import { createHash } from 'node:crypto';
import { type HttpAnswer, json } from './answer.ts';
import { bodyOf, type Context, type Route } from './context.ts';
import { requiredModel } from './models.ts';
import { countTokens } from './tokens.ts';

/** `/embeddings`: vectors of length 1, the same for the same text. */
export const embeddingRoutes: readonly Route[] = [{ method: 'POST', path: '/embeddings', handle: create }];

interface EmbeddingBody {
  readonly model: string;
  readonly input: string | readonly (string | number | readonly number[])[];
  readonly dimensions: number | null;
  readonly encoding_format: 'float' | 'base64';
}

function create(context: Context): HttpAnswer {
  const body = bodyOf<EmbeddingBody>(context);
  const model = requiredModel(body.model);
  const inputs = inputsOf(body.input ?? '');
  const dimensions = body.dimensions ?? (model.includes('3-large') ? 3072 : 1536);
  const tokens = inputs.reduce(
    (sum, input) => sum + (typeof input === 'string' ? countTokens(input) : input.length),
    0,
  );
  return json({
    object: 'list',
    data: inputs.map((input, index) => {
      const vector = vectorOf(JSON.stringify(input), dimensions);
      const embedding = body.encoding_format === 'base64' ? base64(vector) : Array.from(vector);
      return { object: 'embedding', index, embedding };
    }),
    model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  });
}

/** One text, one list of tokens, or several of either. */
function inputsOf(input: EmbeddingBody['input']): readonly (string | readonly number[])[] {
  if (typeof input === 'string') return [input];
  const tokens = input.filter((part) => typeof part === 'number');
  return tokens.length > 0 ? [tokens] : input.filter((part) => typeof part !== 'number');
}

function vectorOf(text: string, dimensions: number): Float32Array {
  const raw = new Float32Array(dimensions);
  for (let at = 0; at < dimensions; at += 32) {
    const hash = createHash('sha256').update(`${at}:${text}`).digest();
    for (let byte = 0; byte < 32 && at + byte < dimensions; byte += 1) raw[at + byte] = (hash[byte] ?? 0) - 127.5;
  }
  const length = Math.sqrt(raw.reduce((sum, value) => sum + value * value, 0));
  return raw.map((value) => value / length);
}

/** Little-endian 32-bit floats, as the API has them. */
function base64(vector: Float32Array): string {
  const buffer = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) buffer.writeFloatLE(value, index * 4);
  return buffer.toString('base64');
}
