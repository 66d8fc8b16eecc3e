import type { ComponentChildren, FunctionComponent, JSX } from 'preact';
import { deadLetters } from './destinations.ts';
import { clock, count } from './format.ts';
import { globalCommands, places, toggleLive } from './global-commands.ts';
import { useCommands, useKeys } from './keyboard.ts';
import { connection, isLive } from './live.ts';
import { loadViews, otherViews } from './other-views.ts';
import { overlay } from './overlays.ts';
import { CopyLine } from './parts/copy-line.tsx';
import { Icon } from './parts/icon.tsx';
import { Caps } from './parts/keys.tsx';
import { DeliveryMark, OutcomeMark } from './parts/mark.tsx';
import { Palette } from './parts/palette.tsx';
import { segments } from './router.ts';
import { isDark, toggleTheme } from './theme.ts';

/** The frame of every view: where one is, how to get elsewhere, and whether the gateway answers. */
export function Shell({ children }: { readonly children: ComponentChildren }): JSX.Element {
  useCommands(globalCommands());
  // In a view that has no filter of its own.
  useKeys({ '/': openPalette });
  // A shared chat is read without the frame.
  if (segments.value[0] === 'chat') {
    return (
      <>
        <main>{children}</main>
        <Overlay />
      </>
    );
  }
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
          <JumpButton />
          <ConnectionState />
          <ThemeButton />
        </div>
      </header>
      <GatewayGone />
      <main>{children}</main>
      <nav class="tabs-below" aria-label="Places">
        <Places hasIcons />
      </nav>
      <Overlay />
    </>
  );
}

function Places({ hasIcons = false }: { readonly hasIcons?: boolean }): JSX.Element {
  const root = segments.value[0] ?? 'conversations';
  return (
    <>
      {places.map(({ name, href, roots, icon }) => (
        <a key={href} href={href} aria-current={roots.some((each) => each === root) ? 'page' : undefined}>
          {hasIcons && <Icon name={icon} size={16} />}
          <span>{name}</span>
          {name === 'Destinations' && deadLetters.value > 0 && (
            <span class="dead">
              <DeliveryMark state="dead" />
              <span class="figure">{count(deadLetters.value)}</span>
              <span class="spoken">dead letters</span>
            </span>
          )}
        </a>
      ))}
    </>
  );
}

function openPalette(): void {
  overlay.value = 'palette';
}

function JumpButton(): JSX.Element {
  return (
    <button type="button" class="jump" aria-label="Search or jump to" onClick={openPalette}>
      <Icon name="search" size={13} />
      <span>Search or jump to</span>
      <Caps keys="Mod+k" />
    </button>
  );
}

function Overlay(): JSX.Element | null {
  const name = overlay.value;
  if (name === undefined) return null;
  // With the first files: keys that are pressed while it loads would be commands of the view.
  if (name === 'palette') return <Palette />;
  const Help: FunctionComponent | undefined = otherViews.value?.Help;
  if (Help) return <Help />;
  loadViews();
  return null;
}

function ConnectionState(): JSX.Element {
  const { state } = connection.value;
  if (state === 'open' && !isLive.value) {
    return (
      <button type="button" class="connection" title="Live on" onClick={toggleLive}>
        <Icon name="pause" size={12} />
        <span class="long">
          not live <kbd>L</kbd>
        </span>
        <span class="short">off</span>
      </button>
    );
  }
  return (
    <span class="connection" role="status">
      <OutcomeMark status={state === 'lost' ? 'error' : 'live'} />
      <span class="long">
        {state === 'open'
          ? `receiving on ${window.location.port || window.location.hostname}`
          : state === 'lost'
            ? 'not connected'
            : 'connecting'}
      </span>
      <span class="short">{state === 'open' ? 'live' : state === 'lost' ? 'lost' : '…'}</span>
    </span>
  );
}

function ThemeButton(): JSX.Element {
  const label = isDark.value ? 'Light colours' : 'Dark colours';
  return (
    <button type="button" class="icon-button" onClick={toggleTheme} aria-label={label} title={label}>
      <Icon name={isDark.value ? 'moon' : 'sun'} />
    </button>
  );
}

function GatewayGone(): JSX.Element | null {
  const now = connection.value;
  if (now.state !== 'lost') return null;
  const { port } = window.location;
  return (
    <div class="notice" role="alert">
      <p>
        <b>The gateway does not answer.</b> What you see is from {clock(now.since)}. Your application goes on and keeps
        its spans.
      </p>
      <CopyLine text={`npx spanport up${port && port !== '4318' ? ` --port ${port}` : ''}`} />
    </div>
  );
}
