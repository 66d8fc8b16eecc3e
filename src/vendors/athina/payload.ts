import { z } from 'zod';
import { withoutNulls } from '../without-nulls.ts';

/**
 * Athina's requests, with the names that they have on the wire. Sources: S Athina's page on OpenAI Assistant chats, L athina-logger 1.3.0,
 * T LiteLLM's athina callback, D Athina's documentation. Only `decode` and tests load this module: it brings zod.
 */

/** athina-logger converts ids to texts, LiteLLM does not. */
const id = z.union([z.string(), z.number()]).transform(String);
const json = z.unknown().refine((value) => value !== undefined, 'is missing');
const message = z.looseObject({ role: z.string() });
const chatCompletion = z.record(z.string(), z.unknown());

const modelOptions = z
  .looseObject({
    temperature: z.number().exactOptional(),
    max_completion_tokens: z.number().exactOptional(),
    stop: z.union([z.string(), z.array(z.string()).readonly()]).exactOptional(),
    top_p: z.number().exactOptional(),
    extra_options: z.record(z.string(), z.unknown()).exactOptional().describe('all other request parameters'),
  })
  .describe('request parameters (L)');

/** LiteLLM adds its whole state, with the provider's API key in it. Only these fields are read; all others are dropped. */
const liteLLMCall = z
  .object({
    optional_params: z.record(z.string(), z.unknown()).nullish(),
    call_type: z.string().nullish(),
    litellm_call_id: z.string().nullish(),
    custom_llm_provider: z.string().nullish(),
    response_cost: z.number().nullish(),
    start_time: z.string().nullish(),
    end_time: z.string().nullish(),
  })
  .describe("LiteLLM's call record (T), never sent by us");

const inferenceFields = z.object({
  language_model_id: z.string().describe('any label; Athina finds the price by it'),
  prompt: z
    .union([z.string(), z.array(z.union([message, z.string()])).readonly(), z.record(z.string(), z.unknown())])
    .describe('the input: a text, messages, or any object'),
  response: z.union([z.string(), chatCompletion]).describe('the answer: a text, or the whole ChatCompletion'),
  session_id: id.exactOptional().describe('groups records; the thread id of an assistant run'),
  user_query: z.string().exactOptional().describe('the question of the user'),
  context: z
    .union([z.string(), z.record(z.string(), z.unknown()), z.array(z.unknown()).readonly()])
    .exactOptional()
    .describe('retrieved documents: a text or an object (S); lists are read, never sent'),
  prompt_tokens: z.number().exactOptional(),
  completion_tokens: z.number().exactOptional(),
  total_tokens: z.number().exactOptional(),
  completion: z
    .number()
    .exactOptional()
    .describe('completion_tokens by another name, as in Athina’s page; read, never sent'),
  cost: z.number().exactOptional().describe('USD; Athina computes it when absent'),
  response_time: z.number().exactOptional().describe('milliseconds'),
  prompt_slug: z.string().exactOptional(),
  environment: z.string().exactOptional(),
  customer_id: id.exactOptional(),
  customer_user_id: id.exactOptional(),
  external_reference_id: id.exactOptional().describe("the caller's own id, by which later PATCHes find the record"),
  tools: json.exactOptional(),
  tool_calls: json.exactOptional(),
  tool_call: json.exactOptional().describe('tool_calls by another name, as in Athina’s page; read, never sent'),
  functions: json.exactOptional().describe('former tools (L); read, never sent'),
  function_call_response: json.exactOptional().describe('former tool_calls (L); read, never sent'),
  expected_response: z.string().exactOptional(),
  custom_attributes: z.record(z.string(), z.unknown()).exactOptional().describe('flat; for filters'),
  custom_eval_metrics: z.record(z.string(), z.number()).exactOptional(),
  model_options: modelOptions.exactOptional(),
  tags: z.array(z.string()).readonly().exactOptional(),
  user_feedback: z
    .union([z.number(), z.record(z.string(), z.unknown())])
    .exactOptional()
    .describe('1 up, -1 down'),
  user_feedback_comment: z.string().exactOptional(),
  status_code: z.number().exactOptional().describe("HTTP status of the provider's failure (D)"),
  error: z.string().exactOptional(),
  request: liteLLMCall.exactOptional(),
});

/** null means absent: LiteLLM writes it. */
const absentNulls = (value: unknown): unknown => withoutNulls(value, 1);

/** The body of `POST /api/{v1,v2}/log/inference`. */
export const athinaInference = z.preprocess(absentNulls, inferenceFields);

/** The body of both update calls: any fields of a logged inference (D). */
export const athinaChanges = z.preprocess(absentNulls, inferenceFields.partial());

/** The body of `PATCH /api/v1/prompt_run/user-feedback` (L). */
export const athinaFeedback = z.preprocess(
  absentNulls,
  z.object({
    external_reference_id: id,
    user_feedback: z.number().int(),
    user_feedback_comment: z.string().exactOptional(),
  }),
);

/** One request to Athina without its credentials: which call, and its body. */
export const athinaPayload = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('inference'), body: athinaInference }),
  z.object({ kind: z.literal('feedback'), body: athinaFeedback }),
  z.object({ kind: z.literal('update'), promptRunId: z.string(), body: athinaChanges }),
  z.object({ kind: z.literal('update_by_external_id'), externalReferenceId: z.string(), body: athinaChanges }),
]);

export type AthinaInference = z.output<typeof athinaInference>;
export type AthinaChanges = z.output<typeof athinaChanges>;
export type AthinaFeedback = z.output<typeof athinaFeedback>;
export type AthinaPayload = z.output<typeof athinaPayload>;
