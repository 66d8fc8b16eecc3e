import type { JSX } from 'preact';

/** Controls that turn the direction of text around, and those that take no room: they can make one text look like another. */
const HIDDEN = /[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/;

/** A text in which controls that hide or reorder other characters are shown as marks. */
export function Safe({ text }: { readonly text: string }): JSX.Element {
  if (!HIDDEN.test(text)) return <>{text}</>;
  return (
    <>
      {[...text].map((character, index) =>
        HIDDEN.test(character) ? (
          <span key={index} class="hidden-character" title="A control character that changes how text is shown">
            U+{character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}
          </span>
        ) : (
          character
        ),
      )}
    </>
  );
}
