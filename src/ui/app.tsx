import type { JSX } from 'preact';
import { go, segments } from './router.ts';
import { Shell } from './shell.tsx';
import { ConversationsView } from './views/conversations.tsx';

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
