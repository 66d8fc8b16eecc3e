import type { FunctionComponent, JSX } from 'preact';
import { isSignedOut } from './api.ts';
import { open } from './conversation-data.ts';
import { loadViews, otherViews } from './other-views.ts';
import { LoadingRows } from './parts/loading-rows.tsx';
import { go, projectInAddress, segments } from './router.ts';
import { Shell } from './shell.tsx';
import { openTrace } from './trace-data.ts';
import type * as Views from './views/all.ts';
import { ConversationsView } from './views/conversations.tsx';
import { FirstRun } from './views/first-run.tsx';
import { SignIn } from './views/sign-in.tsx';

/** The view of the first part of an address. */
const viewNames: Readonly<Record<string, ViewName>> = {
  c: 'ConversationView',
  chat: 'ChatView',
  traces: 'TracesView',
  t: 'TraceView',
  destinations: 'DestinationsView',
  i: 'PayloadView',
  dashboard: 'DashboardView',
  compare: 'CompareView',
};
type ViewName = Exclude<keyof typeof Views, 'Help'>;

export function App(): JSX.Element {
  if (isSignedOut.value) {
    return (
      <main>
        <SignIn />
      </main>
    );
  }
  return (
    <Shell>
      <View />
    </Shell>
  );
}

function View(): JSX.Element | null {
  const [root, id = ''] = segments.value;
  if (root === undefined) {
    go('/conversations', { replace: true });
    return null;
  }
  if (root === 'conversations') return <ConversationsView />;
  if (root === 'welcome') return <FirstRun />;
  const name = viewNames[root];
  if (!name) return <NotFound />;
  const Found: FunctionComponent | undefined = otherViews.value?.[name];
  if (Found) return <Found />;
  loadViews();
  // Requested while the code of the view is on its way.
  if (name === 'TraceView') openTrace(id, projectInAddress.value).catch(() => {});
  if (name === 'ConversationView') open(id).catch(() => {});
  return <LoadingRows />;
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
