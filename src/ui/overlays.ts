import { signal } from '@preact/signals';

/** The dialog that is open over the view. */
export const overlay = signal<'palette' | 'help' | undefined>(undefined);

/** What stands in the palette's field. It outlives the field, which is replaced when the palette has loaded. */
export const paletteText = signal('');

export function closeOverlay(): void {
  paletteText.value = '';
  overlay.value = undefined;
}
