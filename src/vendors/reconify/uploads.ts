import { z } from 'zod';
import type { Interaction } from '../../interaction/interaction.ts';
import type { BlobPart, Message, Part, UriPart } from '../../interaction/message.ts';
import { listOf, recordOf, stringOf } from '../../interaction/unknown.ts';

/** A picture of an image call. The npm client writes the type `image-upload`, the Python client `image_upload`; neither is needed. */
const upload = z.object({
  filename: z.string().min(1),
  data: z
    .union([z.string(), z.object({ b64_json: z.string() }).transform(({ b64_json }) => b64_json)])
    .describe('base64; the Python client sends the whole item of the answer'),
  type: z.string().exactOptional().describe('response-image; image for a picture that was sent to Gemini'),
  format: z.string().exactOptional().describe('b64_json'),
});

/** The body of `POST /upload`. Its two keys are dropped. */
export const reconifyUpload = z.object({ upload });

export type Upload = z.output<typeof upload>;

/** An upload as it was kept. */
export function uploadIn(body: unknown): Upload | undefined {
  const { success, data } = upload.safeParse(body);
  return success ? data : undefined;
}

/** The pictures of an image call's answer: URLs, base64, or file names of pictures that are uploaded by themselves. */
export function picturesFrom(response: unknown): Part[] {
  return (listOf(recordOf(response)?.['data']) ?? []).flatMap((item): Part[] => {
    const base64 = stringOf(recordOf(item)?.['b64_json']);
    if (base64 !== undefined) return [blobOf(base64)];
    const uri = stringOf(item) ?? stringOf(recordOf(item)?.['url']);
    return uri === undefined ? [] : [{ type: 'uri', modality: 'image', uri }];
  });
}

function blobOf(content: string): BlobPart {
  return { type: 'blob', modality: 'image', mime_type: 'image/png', content };
}

/** Names of pictures that are still to be uploaded. */
export function fileNamesIn({ inputMessages = [], outputMessages = [] }: Interaction): readonly string[] {
  const parts = [...inputMessages, ...outputMessages].flatMap((message) => message.parts);
  return parts.filter(isFileName).map(({ uri }) => uri);
}

function isFileName(part: Part): part is UriPart {
  return part.type === 'uri' && part.modality === 'image' && !/^[a-z][a-z0-9+.-]*:/i.test(part.uri);
}

/** The interaction with the bytes of these pictures in place of their names. */
export function withUploads(interaction: Interaction, uploads: readonly Upload[]): Interaction {
  const { inputMessages, outputMessages } = interaction;
  const dataOf = new Map(uploads.map(({ filename, data }) => [filename, data]));
  const filled = <M extends Message>(message: M): M => ({
    ...message,
    parts: message.parts.map((part) => {
      const data = isFileName(part) ? dataOf.get(part.uri) : undefined;
      return data === undefined ? part : blobOf(data);
    }),
  });
  return {
    ...interaction,
    ...(inputMessages && { inputMessages: inputMessages.map(filled) }),
    ...(outputMessages && { outputMessages: outputMessages.map(filled) }),
  };
}

/** The messages of an interaction, as fields of another one. */
export function messagesOf({
  inputMessages,
  outputMessages,
}: Interaction): Pick<Interaction, 'inputMessages' | 'outputMessages'> {
  return { ...(inputMessages && { inputMessages }), ...(outputMessages && { outputMessages }) };
}
