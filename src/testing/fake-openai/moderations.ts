import { type HttpAnswer, json } from './answer.ts';
import { bodyOf, type Context, type Route } from './context.ts';
import { textOf } from './turn.ts';

/** `/moderations`: flags what speaks of killing (`violence`) or hating (`hate`). */
export const moderationRoutes: readonly Route[] = [{ method: 'POST', path: '/moderations', handle: create }];

interface ModerationBody {
  readonly model: string;
  readonly input: string | readonly (string | object)[];
}

const CATEGORIES = [
  'harassment',
  'harassment/threatening',
  'hate',
  'hate/threatening',
  'illicit',
  'illicit/violent',
  'self-harm',
  'self-harm/instructions',
  'self-harm/intent',
  'sexual',
  'sexual/minors',
  'violence',
  'violence/graphic',
];
const SIGNS: Readonly<Record<string, RegExp>> = { violence: /\bkill/i, hate: /\bhate\b/i };

function create(context: Context): HttpAnswer {
  const { model = 'omni-moderation-latest', input = '' } = bodyOf<ModerationBody>(context);
  // Strings are moderated one by one; parts (text, images) belong to one input.
  const texts =
    typeof input === 'string' ? [input] : input.every((part) => typeof part === 'string') ? input : [textOf(input)];
  return json({ id: context.newId('modr-'), model, results: texts.map((text) => result(textOf(text))) });
}

function result(text: string): object {
  const seen = (category: string): boolean => SIGNS[category]?.test(text) ?? false;
  const each = <T>(value: (category: string) => T): Record<string, T> =>
    Object.fromEntries(CATEGORIES.map((category) => [category, value(category)]));
  return {
    flagged: CATEGORIES.some(seen),
    categories: each(seen),
    category_scores: each((category) => (seen(category) ? 0.97 : 0.0001)),
    category_applied_input_types: each(() => ['text']),
  };
}
