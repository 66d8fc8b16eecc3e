import { type Signal, signal } from '@preact/signals';
import type { FunctionComponent, JSX } from 'preact';
import { go, segments } from './router.ts';
import { Shell } from './shell.tsx';
import { ConversationsView } from './views/conversations.tsx';
import { FirstRun } from './views/first-run.tsx';

/** The start is part of the first files; every other view loads when it is opened, or when the browser is idle. */
const views: Readonly<Record<string, Lazy>> = {
  c: lazy(async () => (await import('./views/conversation.tsx')).ConversationView),
  chat: lazy(async () => (await import('./views/chat.tsx')).ChatView),
  traces: lazy(async () => (await import('./views/traces.tsx')).TracesView),
  t: lazy(async () => (await import('./views/trace.tsx')).TraceView),
  destinations: lazy(async () => (await import('./views/destinations.tsx')).DestinationsView),
  i: lazy(async () => (await import('./views/payload.tsx')).PayloadView),
  dashboard: lazy(async () => (await import('./views/dashboard.tsx')).DashboardView),
  compare: lazy(async () => (await import('./views/compare.tsx')).CompareView),
};

interface Lazy {
  readonly view: Signal<FunctionComponent | undefined>;
  load(): void;
}

function lazy(importView: () => Promise<FunctionComponent>): Lazy {
  const view = signal<FunctionComponent | undefined>(undefined);
  const state = { isLoading: false };
  const load = (): void => {
    if (state.isLoading) return;
    state.isLoading = true;
    importView().then(
      (found) => {
        view.value = found;
      },
      () => {
        state.isLoading = false;
      },
    );
  };
  return { view, load };
}

/** Loads the other views once the browser is idle: opening one then needs no request. */
export function preloadViews(others: () => void): void {
  const load = (): void => {
    for (const view of Object.values(views)) view.load();
    others();
  };
  if ('requestIdleCallback' in window) window.requestIdleCallback(load, { timeout: 5_000 });
  else setTimeout(load, 2_000);
}

export function App(): JSX.Element {
  return (
    <Shell>
      <View />
    </Shell>
  );
}

function View(): JSX.Element | null {
  const [root] = segments.value;
  if (root === undefined) {
    go('/conversations', { replace: true });
    return null;
  }
  if (root === 'conversations') return <ConversationsView />;
  if (root === 'welcome') return <FirstRun />;
  const entry = views[root];
  if (!entry) return <NotFound />;
  const Found = entry.view.value;
  if (Found) return <Found />;
  entry.load();
  return <div aria-busy="true" />;
}

function NotFound(): JSX.Element {
  return (
    <div class="empty">
      <h2>There is no such page.</h2>
      <p>
        <a class="link" href="/conversations">
          All conversations
        </a>
      </p>
    </div>
  );
}
