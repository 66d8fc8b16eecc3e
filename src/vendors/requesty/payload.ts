/**
 * What Requesty Insights takes. Sources: Requesty's page on the LLM Insights API for the meaning of the fields, requestyai@0.3.5
 * (PyPI) and a copy of the documentation page "LLM Insights API" for their names.
 */
import { z } from 'zod';

const record = z.record(z.string(), z.unknown());
/** A text, or a list of texts and of OpenAI messages. */
const prompt = z
  .union([z.string(), z.array(z.union([z.string(), record])).readonly()])
  .nullish()
  .transform((value) => value ?? null);
const fields = record.nullish().transform((value) => value ?? {});

/** The client writes all seven members, and so does the encoder. Only `response` and one of the two prompts are required. */
export const requestyPayload = z
  .object({
    /** An OpenAI ChatCompletion; the documentation's examples hold no more than `choices[].message.content`. */
    response: record,
    /** The input of the model. */
    messages: prompt,
    /** The prompt before its variables were filled in. */
    template: prompt,
    /** The variables of the template. */
    inputs: fields,
    /** Arguments of the call: model, temperature, … */
    args: fields,
    /** Any further data. */
    meta: fields,
    user_id: z
      .union([z.string(), z.number()])
      .nullish()
      .transform((id) => (id === undefined || id === null ? null : String(id))),
  })
  .refine(({ messages, template }) => messages !== null || template !== null, {
    error: 'messages or template is needed',
    path: ['messages'],
  });

export type RequestyPayload = z.infer<typeof requestyPayload>;
