/** Controls that change the direction of text or take no room: they could make an id or an address look like another one. */
export const HIDDEN = /[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/;
const ALL_HIDDEN = new RegExp(HIDDEN, 'g');

/** A model without the date of its version: `gpt-4o-mini-2024-07-18` is `gpt-4o-mini`. */
export function shortModel(model: string): string {
  return model.replace(/-20\d{2}-\d{2}-\d{2}$/, '');
}

/** One line of Markdown as plain words. */
export function withoutMarks(text: string | undefined): string | undefined {
  return oneLine(
    text?.replace(/```\w*|`|^#{1,6} /gm, '').replace(/(^|[\s(])\*\*(\S(?:.*?\S)?)\*\*(?=$|[\s.,;:!?)])/gm, '$1$2'),
  );
}

/** A text for one line: white space is a space, such controls are visible marks. */
export function oneLine(text: string | undefined): string | undefined {
  return text?.replace(ALL_HIDDEN, '\uFFFD').replace(/\s+/g, ' ');
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
