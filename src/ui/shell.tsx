import type { ComponentChildren, JSX } from 'preact';
import { deadLetters } from './destinations.ts';
import { clock, count } from './format.ts';
import { connection } from './live.ts';
import { Icon } from './parts/icon.tsx';
import { DeliveryMark, OutcomeMark } from './parts/mark.tsx';
import { segments } from './router.ts';
import { isDark, toggleTheme } from './theme.ts';

const places = [
  { name: 'Conversations', href: '/conversations', roots: ['conversations', 'c', 'i', 'compare'] },
  { name: 'Traces', href: '/traces', roots: ['traces', 't'] },
  { name: 'Destinations', href: '/destinations', roots: ['destinations'] },
  { name: 'Dashboard', href: '/dashboard', roots: ['dashboard'] },
] as const;

/** The frame of every view: where one is, how to get elsewhere, and whether the gateway answers. */
export function Shell({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return (
    <>
      <header class="top">
        <a class="wordmark" href="/conversations" aria-label="Spanport">
          span
          <i />
          port
        </a>
        <nav class="places" aria-label="Places">
          <Places />
        </nav>
        <div class="right">
          <ConnectionState />
          <ThemeButton />
        </div>
      </header>
      <nav class="tabs-below" aria-label="Places">
        <Places />
      </nav>
      <GatewayGone />
      <main>{children}</main>
    </>
  );
}

function Places(): JSX.Element {
  const root = segments.value[0] ?? 'conversations';
  return (
    <>
      {places.map(({ name, href, roots }) => (
        <a key={href} href={href} aria-current={(roots as readonly string[]).includes(root) ? 'page' : undefined}>
          {name}
          {name === 'Destinations' && deadLetters.value > 0 && (
            <span class="dead">
              <DeliveryMark state="dead" />
              {count(deadLetters.value)}
              <span class="spoken">dead letters</span>
            </span>
          )}
        </a>
      ))}
    </>
  );
}

function ConnectionState(): JSX.Element {
  const { state } = connection.value;
  return (
    <span class="connection" role="status">
      <OutcomeMark status={state === 'lost' ? 'error' : 'live'} />
      <span>
        {state === 'open'
          ? `receiving on ${window.location.port || '443'}`
          : state === 'lost'
            ? 'not connected'
            : 'connecting'}
      </span>
    </span>
  );
}

function ThemeButton(): JSX.Element {
  return (
    <button type="button" onClick={toggleTheme} aria-label={isDark.value ? 'Light colours' : 'Dark colours'}>
      <Icon name={isDark.value ? 'moon' : 'sun'} />
    </button>
  );
}

function GatewayGone(): JSX.Element | null {
  const now = connection.value;
  if (now.state !== 'lost') return null;
  return (
    <div class="notice" role="alert">
      <span>The gateway does not answer. What you see is from {clock(now.since)}.</span>
      <code>npx spanport up</code>
      <span>Your application goes on and keeps its spans.</span>
    </div>
  );
}
