export interface SenderProgram {
  readonly registry: 'npm' | 'pypi';
  readonly packages: Readonly<Record<string, string>>;
}
export const senders: Readonly<Record<string, SenderProgram>>;
