/** Browsers have the clipboard for pages of this machine and over HTTPS; elsewhere a selected text is copied. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement('textarea');
  const before = document.activeElement;
  field.value = text;
  // Within a dialog, where alone a text can be selected.
  (document.querySelector('dialog') ?? document.body).append(field);
  field.select();
  const isCopied = document.execCommand('copy');
  field.remove();
  if (before instanceof HTMLElement) before.focus();
  if (!isCopied) throw new Error('The browser does not allow it');
}

/** The address of the page. */
export function copyLink(): void {
  copyText(window.location.href).catch(() => {});
}
