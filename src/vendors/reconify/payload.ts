import { z } from 'zod';

/**
 * The requests of Reconify, with their names on the wire and without the two keys: those are added to the body right
 * before it leaves and dropped when it is read. Sources: S Reconify's page on the OpenAI Assistant API, N the npm module 3.1.0, P
 * the PyPI client 3.0.0. Only `decode` and tests load this module: it brings zod.
 */

/** N writes null for what is unset, P ''. */
const unset = z.union([z.null(), z.literal('')]);
const text = z.union([z.string(), z.null()]).exactOptional();

const client = z.object({
  format: z.string().describe('openai, bedrock, cohere, anthropic, gemini, mistral, universal'),
  type: z.string().describe('assistant, chat, completion, image, generate'),
  version: z.string().describe('of the client or the API'),
});

const user = z.object({
  userId: z.union([z.string(), z.number()]).nullable().exactOptional().describe('this or email identifies a user'),
  isAuthenticated: z.union([z.literal([0, 1]), z.boolean(), unset]).exactOptional(),
  firstName: text,
  lastName: text,
  email: text,
  phone: text,
  gender: text,
});

const object = z.record(z.string(), z.unknown());

/** Reconify's page spells `sessionTimeout` in three ways. */
function spelled(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body;
  return Object.fromEntries(
    Object.entries(body).map(([key, value]) => [/^sessiontime?out$/i.test(key) ? 'sessionTimeout' : key, value]),
  );
}

const track = z.object({
  reconify: client,
  timestamps: z
    .object({ request: z.number().exactOptional(), response: z.number().exactOptional() })
    .exactOptional()
    .describe('Unix milliseconds; missing ones are the time of receipt'),
  session: z.union([z.string(), z.number(), z.null()]).exactOptional().describe('overrides the grouping by thread'),
  sessionTimeout: z.union([z.number(), unset]).exactOptional().describe('minutes'),
  user: z.union([user, z.null()]).exactOptional(),
  request: z.union([object, z.string()]).describe("the user's thread.message with `model`, or create() parameters"),
  response: z
    .union([object, z.string(), z.array(z.unknown()).readonly(), z.null()])
    .exactOptional()
    .describe("the assistant's thread.message with `usage`, or the ChatCompletion; null when there was none"),
});

/** The body of `POST /track`. */
export const reconifyPayload = z.preprocess(spelled, track);

export type ReconifyPayload = z.output<typeof reconifyPayload>;
