import type { JSX } from 'preact';
import { HIDDEN } from '../text.ts';

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
