import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { api } from '../api.ts';
import type { Detail } from '../conversation-data.ts';
import { count, dayAndClock, moment } from '../format.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { LoadingRows } from '../parts/loading-rows.tsx';
import { MessageView } from '../parts/message.tsx';
import { Safe } from '../parts/safe-text.tsx';
import { address, projectInAddress } from '../router.ts';
import { messageOf } from '../text.ts';
import { now } from '../time.ts';
import { useTitle } from '../title.ts';
import { markdownOf } from './conversation-markdown.ts';
import { transcriptOf } from './transcript.ts';
import './conversation.css';
import './chat.css';

/**
 * A conversation to read: whole, without the frame of the page, and fit for printing. The address is that of a chat which
 * was shared in the form of Inkeep, `?chatId=`, so that such links can point here.
 */
export function ChatView(): JSX.Element {
  const id = address.value.query.get('chatId') ?? '';
  const project = projectInAddress.value;
  const [shown, setShown] = useState<Detail>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    const state = { isGone: false };
    setShown(undefined);
    setProblem(undefined);
    wholeConversation(id, project).then(
      (found) => !state.isGone && setShown(found),
      (error: unknown) => !state.isGone && setProblem(messageOf(error)),
    );
    return () => {
      state.isGone = true;
    };
  }, [id, project]);
  useTitle(shown?.title ?? id);
  const turns = useMemo(() => transcriptOf(shown?.rows ?? []), [shown]);
  if (id === '')
    return <p class="empty">The address names no chat. It ends with ?chatId= and the id of a conversation.</p>;
  if (problem !== undefined) return <p class="empty">{problem}</p>;
  if (!shown) return <LoadingRows />;
  return (
    <div class="chat-page">
      <header>
        <h1>
          <Safe text={shown.title ?? id} />
        </h1>
        <p class="dim" title={moment(shown.firstAt)}>
          {dayAndClock(shown.firstAt, now.value)}
          {shown.models.length > 0 && ', '}
          <Safe text={shown.models.join(', ')} />, {count(turns.length)} {turns.length === 1 ? 'turn' : 'turns'}
        </p>
        <p class="actions">
          <a class="button" href={`/c/${encodeURIComponent(shown.id)}`}>
            With figures and traces
          </a>
          <CopyButton text={() => markdownOf(shown, turns)}>Copy as Markdown</CopyButton>
          <button type="button" class="button" onClick={() => window.print()}>
            Print
          </button>
        </p>
      </header>
      {turns.map(({ number, messages }) => (
        <section key={number} id={`turn-${number}`}>
          {messages.map((message) => (
            <MessageView key={message.key} message={message} />
          ))}
        </section>
      ))}
    </div>
  );
}

/** @param project where several have a conversation of this name */
async function wholeConversation(name: string, project: string | undefined): Promise<Detail> {
  const first = await api.getConversation({ params: { id: name }, query: { limit: 500, project } });
  const { id } = first;
  const rows = [...first.rows];
  for (let { next } = first; next !== undefined; ) {
    const page = await api.getConversation({ params: { id }, query: { limit: 500, cursor: next } });
    rows.push(...page.rows);
    next = page.next;
  }
  return { ...first, rows };
}
