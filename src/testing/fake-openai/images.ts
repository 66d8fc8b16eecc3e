import { type HttpAnswer, json, stream, typedFrame } from './answer.ts';
import { bodyOf, type Context, type Route } from './context.ts';
import { countTokens } from './tokens.ts';

/** `/images`: always the same picture, one transparent pixel. */
export const imageRoutes: readonly Route[] = ['generations', 'edits', 'variations'].map((kind) => ({
  method: 'POST',
  path: `/images/${kind}`,
  handle: (context) => create(context, kind === 'edits' ? 'image_edit' : 'image_generation'),
}));

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=';
const IMAGE_TOKENS = 272;

/** Numbers are texts when they come in a form. */
interface ImageBody {
  readonly model: string;
  readonly prompt: string;
  readonly n: number | string | null;
  readonly size: string | null;
  readonly quality: string | null;
  readonly background: string | null;
  readonly output_format: string | null;
  readonly response_format: string | null;
  readonly stream: boolean | string | null;
  readonly partial_images: number | string | null;
}

function create(context: Context, event: string): HttpAnswer {
  const body = bodyOf<ImageBody>(context);
  const { model = 'dall-e-2', prompt = '' } = body;
  const created = context.seconds();
  const count = Number(body.n ?? 1);
  if (model.startsWith('dall-e')) {
    const data = Array.from({ length: count }, () => ({
      ...(body.response_format === 'b64_json'
        ? { b64_json: PIXEL }
        : { url: `https://images.example/${context.newId('img_')}.png` }),
      ...(model === 'dall-e-3' && { revised_prompt: prompt }),
    }));
    return json({ created, data });
  }
  const look = {
    background: body.background ?? 'opaque',
    output_format: body.output_format ?? 'png',
    quality: body.quality ?? 'low',
    size: body.size ?? '1024x1024',
  };
  const text = countTokens(prompt);
  const usage = {
    input_tokens: text,
    input_tokens_details: { text_tokens: text, image_tokens: 0 },
    output_tokens: IMAGE_TOKENS * count,
    total_tokens: text + IMAGE_TOKENS * count,
  };
  if (body.stream === true || body.stream === 'true') {
    const picture = { b64_json: PIXEL, created_at: created, ...look };
    const partial = Array.from({ length: Number(body.partial_images ?? 0) }, (_, partial_image_index) =>
      typedFrame({ type: `${event}.partial_image`, ...picture, partial_image_index }),
    );
    return stream([...partial, typedFrame({ type: `${event}.completed`, ...picture, usage })]);
  }
  return json({ created, ...look, data: Array.from({ length: count }, () => ({ b64_json: PIXEL })), usage });
}
