/** Gives a file to the browser's downloads. The parts are not joined into one text, which may be too long for one. */
export function download(name: string, parts: readonly string[], type: string): void {
  const address = URL.createObjectURL(new Blob([...parts], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name.replace(/[^\w.-]+/g, '_').slice(0, 120);
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
