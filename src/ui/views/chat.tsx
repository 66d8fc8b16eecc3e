import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { api } from '../api.ts';
import { type Detail, restOf, toolsOf } from '../conversation-data.ts';
import { count, dayAndClock, moment } from '../format.ts';
import { onAnswer } from '../on-answer.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { LoadingRows } from '../parts/loading-rows.tsx';
import { MessageView } from '../parts/message.tsx';
import { Safe } from '../parts/safe-text.tsx';
import { address, projectInAddress } from '../router.ts';
import { messageOf } from '../text.ts';
import { now } from '../time.ts';
import { useTitle } from '../title.ts';
import { markdownOf } from './conversation-markdown.ts';
import { type Turn, transcriptOf } from './transcript.ts';
import './conversation.css';
import './chat.css';

interface Chat {
  readonly shown: Detail;
  readonly turns: readonly Turn[];
}

/**
 * A conversation to read: whole, without the frame of the page, and fit for printing. The address is that of a chat which
 * was shared in the form of Inkeep, `?chatId=`, so that such links can point here.
 */
export function ChatView(): JSX.Element {
  const id = address.value.query.get('chatId') ?? '';
  const project = projectInAddress.value;
  const [chat, setChat] = useState<Chat>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    setChat(undefined);
    setProblem(undefined);
    return onAnswer(wholeConversation(id, project), setChat, (error) => setProblem(messageOf(error)));
  }, [id, project]);
  useTitle(chat?.shown.title ?? id);
  if (id === '')
    return <p class="empty">The address names no chat. It ends with ?chatId= and the id of a conversation.</p>;
  if (problem !== undefined) return <p class="empty">{problem}</p>;
  if (!chat) return <LoadingRows />;
  const { shown, turns } = chat;
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

/**
 * With what its tools took and how they failed.
 * @param project where several have a conversation of this name
 */
async function wholeConversation(name: string, project: string | undefined): Promise<Chat> {
  const first = await api.getConversation({ params: { id: name }, query: { limit: 500, project } });
  const rows = await restOf(first);
  return { shown: first, turns: transcriptOf(rows, await toolsOf(first.id)) };
}
