/** Controls that change the direction of text: they could make an id or an address look like another one. */
const BIDIRECTIONAL = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;

/** A text for one line: white space is a space, controls of direction are visible marks. */
export function oneLine(text: string | undefined): string | undefined {
  return text?.replace(BIDIRECTIONAL, '\uFFFD').replace(/\s+/g, ' ');
}
