import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { api } from '../api.ts';
import { messageOf } from '../text.ts';

/** In place of every view while the gateway does not know this browser. */
export function SignIn(): JSX.Element {
  const [problem, setProblem] = useState<string>();
  return (
    <form
      class="empty"
      onSubmit={(event) => {
        event.preventDefault();
        const [field] = event.currentTarget.elements;
        api.signIn({ body: { token: (field as HTMLInputElement).value } }).then(
          () => window.location.reload(),
          (error: unknown) => setProblem(messageOf(error)),
        );
      }}
    >
      <h2>This gateway needs its token</h2>
      <p>
        It was started with <code>--token</code> or <code>SPANPORT_TOKEN</code>.
      </p>
      <div class="short-form">
        <p class="entry">
          <input type="password" aria-label="Token" autofocus />
          <button type="submit" class="button main">
            Sign in
          </button>
        </p>
        <small class="bad" role="alert">
          {problem}
        </small>
      </div>
    </form>
  );
}
