import type { JSX } from 'preact';
import { Safe } from './safe-text.tsx';

const ROLES: ReadonlySet<string> = new Set(['system', 'developer', 'user', 'assistant', 'tool']);

/** A role comes from the sender: only those that the page knows become a class. */
export function roleClass(role: string): string {
  return ROLES.has(role) ? role : 'other';
}

/** Who speaks, in the colour of the role. */
export function Role({ role, note }: { readonly role: string; readonly note?: string | undefined }): JSX.Element {
  return (
    <span class={`role ${roleClass(role)}`}>
      <Safe text={role} />
      {note && <small>{note}</small>}
    </span>
  );
}
