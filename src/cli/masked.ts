/** A text with each secret in it replaced. For what is shown or printed. */
export function masked(text: string, secrets: readonly string[]): string {
  return secrets.reduce((shown, secret) => (secret ? shown.replaceAll(secret, '***') : shown), text);
}
