import type { JSX } from 'preact';
import { go, segments } from './router.ts';
import { Shell } from './shell.tsx';
import { ConversationView } from './views/conversation.tsx';
import { ConversationsView } from './views/conversations.tsx';
import { DashboardView } from './views/dashboard.tsx';
import { DestinationsView } from './views/destinations.tsx';
import { PayloadView } from './views/payload.tsx';
import { TraceView } from './views/trace.tsx';
import { TracesView } from './views/traces.tsx';

export function App(): JSX.Element {
  return (
    <Shell>
      <View />
    </Shell>
  );
}

function View(): JSX.Element | null {
  const [root] = segments.value;
  switch (root) {
    case undefined:
      go('/conversations', { replace: true });
      return null;
    case 'conversations':
      return <ConversationsView />;
    case 'c':
      return <ConversationView />;
    case 'traces':
      return <TracesView />;
    case 't':
      return <TraceView />;
    case 'destinations':
      return <DestinationsView />;
    case 'i':
      return <PayloadView />;
    case 'dashboard':
      return <DashboardView />;
    default:
      return <NotFound />;
  }
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
