/** Browsers have the clipboard for pages of this machine and over HTTPS; elsewhere a selected text is copied. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement('textarea');
  field.value = text;
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand('copy');
  field.remove();
  if (!isCopied) throw new Error('Not copied');
}

/** The address of the page. */
export function copyLink(): void {
  copyText(window.location.href).catch(() => {});
}
