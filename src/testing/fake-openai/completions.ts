import { DONE, frame, type HttpAnswer, json, rawAnswer, stream } from './answer.ts';
import { bodyOf, type Context, isRaw, type Route, singleReply } from './context.ts';
import { answeringModel, requiredModel } from './models.ts';
import { textPieces } from './pieces.ts';
import { turnFrom } from './script.ts';
import { countUsage } from './tokens.ts';

/** The legacy `/completions`. */
export const completionRoutes: readonly Route[] = [{ method: 'POST', path: '/completions', handle: create }];

interface CompletionBody {
  readonly model: string;
  readonly prompt: string | readonly string[] | null;
  readonly n: number | null;
  readonly stream: boolean | null;
  readonly stream_options: { readonly include_usage?: boolean } | null;
  readonly max_tokens: number | null;
}

async function create(context: Context): Promise<HttpAnswer> {
  const body = bodyOf<CompletionBody>(context);
  const model = requiredModel(body.model);
  const prompts = typeof body.prompt === 'string' ? [body.prompt] : (body.prompt ?? ['']);
  const turn = turnFrom({
    api: 'completions',
    model,
    messages: prompts.map((text) => ({ role: 'user', text: String(text) })),
    tools: [],
    toolChoice: 'none',
    parallelToolCalls: false,
    ...(body.max_tokens && { maxOutputTokens: body.max_tokens }),
  });
  const answered = await context.ask(turn);
  if (isRaw(answered)) return rawAnswer(answered);
  const reply = singleReply(answered);
  const head = {
    id: context.newId('cmpl-'),
    object: 'text_completion',
    created: context.seconds(),
    model: reply.model ?? answeringModel(model),
  };
  const reason = reply.end?.status === 'incomplete' ? 'length' : 'stop';
  const counts = countUsage(turn, reply);
  const usage = counts && {
    prompt_tokens: counts.input,
    completion_tokens: counts.output,
    total_tokens: counts.input + counts.output,
  };
  const choice = (text: string, index: number, finish_reason: string | null): object => ({
    text,
    index,
    logprobs: null,
    finish_reason,
  });
  const indexes = Array.from({ length: prompts.length * (body.n ?? 1) }, (_, index) => index);
  const text = reply.text ?? '';
  if (!body.stream) {
    return json({ ...head, choices: indexes.map((index) => choice(text, index, reason)), ...(usage && { usage }) });
  }
  const pieces = textPieces(text, reply);
  const chunks = indexes.flatMap((index) => [
    ...pieces.map((piece) => choice(piece, index, null)),
    choice('', index, reason),
  ]);
  const isAsked = body.stream_options?.include_usage === true;
  const last = isAsked && usage ? [frame({ ...head, choices: [], usage })] : [];
  const noUsageYet = isAsked ? { usage: null } : {};
  return stream([...chunks.map((one) => frame({ ...head, choices: [one], ...noUsageYet })), ...last, DONE]);
}
