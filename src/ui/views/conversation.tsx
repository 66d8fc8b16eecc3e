import { signal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import type { Answer } from '../../gateway/api/routes.ts';
import { api } from '../api.ts';
import { age, clock, count, counted, day, duration, moment, money, UNKNOWN } from '../format.ts';
import { useKeys } from '../keyboard.ts';
import { onLive } from '../live.ts';
import { Json } from '../parts/json.tsx';
import { OutcomeMark } from '../parts/mark.tsx';
import { MessageView } from '../parts/message.tsx';
import { go, segments } from '../router.ts';
import { now } from '../time.ts';
import { interactionOf, type Turn, transcriptOf } from './transcript.ts';
import { TurnsLayer } from './turns.tsx';
import './conversation.css';

type Detail = Answer<'getConversation'>;
const detail = signal<Detail | undefined>(undefined);
const problem = signal<string | undefined>(undefined);

const PAGE = 500;

async function load(id: string): Promise<void> {
  try {
    const first = await api.getConversation({ params: { id }, query: { limit: PAGE } });
    const rows = [...first.rows];
    for (let { next } = first; next !== undefined; ) {
      const page = await api.getConversation({ params: { id }, query: { limit: PAGE, cursor: next } });
      rows.push(...page.rows);
      next = page.next;
    }
    if (segments.value[1] !== id) return;
    detail.value = { ...first, rows };
    problem.value = undefined;
  } catch (error) {
    problem.value = error instanceof Error ? error.message : String(error);
  }
}

const LAYERS = ['messages', 'turns', 'details'] as const;
type Layer = (typeof LAYERS)[number];

/** One conversation in three layers: what was said, each interaction, and everything that was recorded. */
export function ConversationView(): JSX.Element {
  const [, id = '', named] = segments.value;
  const layer: Layer = LAYERS.find((each) => each === named) ?? 'messages';
  const base = `/c/${encodeURIComponent(id)}`;
  const open = (each: Layer): void => go(each === 'messages' ? base : `${base}/${each}`);
  useKeys({
    1: () => open('messages'),
    2: () => open('turns'),
    3: () => open('details'),
    Escape: () => go('/conversations'),
  });
  useEffect(() => {
    detail.value = undefined;
    problem.value = undefined;
    load(id).catch(() => {});
    return onLive({
      conversations: (items) => {
        if (items.some((item) => item.id === id)) load(id).catch(() => {});
      },
      resync: () => load(id).catch(() => {}),
    });
  }, [id]);
  const shown = detail.value;
  const turns = useMemo(() => (shown ? transcriptOf(shown.rows) : []), [shown]);
  if (problem.value !== undefined && !shown) return <p class="empty">{problem.value}</p>;
  if (!shown) return <div class="empty" aria-busy="true" />;
  return (
    <>
      <Heading conversation={shown} base={base} layer={layer} />
      {layer === 'messages' && <Messages conversation={shown} turns={turns} />}
      {layer === 'turns' && <TurnsLayer turns={turns} />}
      {layer === 'details' && <Details conversation={shown} />}
    </>
  );
}

function Heading({
  conversation,
  base,
  layer,
}: {
  readonly conversation: Detail;
  readonly base: string;
  readonly layer: Layer;
}): JSX.Element {
  const { rows, tools } = conversation;
  return (
    <header class="heading">
      <p class="path">
        <a href="/conversations">Conversations</a> /{' '}
        <span class="mono">{conversation.conversationId ?? conversation.id}</span>
      </p>
      <h1 class="cut">
        <OutcomeMark status={conversation.status} /> {conversation.title ?? UNKNOWN}
      </h1>
      <div class="layers">
        <nav aria-label="Layers">
          {LAYERS.map((each, index) => (
            <a
              key={each}
              href={each === 'messages' ? base : `${base}/${each}`}
              aria-current={each === layer ? 'page' : undefined}
            >
              {each[0]?.toUpperCase()}
              {each.slice(1)} <kbd>{index + 1}</kbd>
            </a>
          ))}
        </nav>
        <p class="totals">
          <span>
            <b>{count(conversation.turns)}</b> turns
          </span>
          <span>
            <b>{count(rows.length)}</b> {rows.length === 1 ? 'interaction' : 'interactions'}
          </span>
          {tools.length > 0 && (
            <span>
              <b>{count(tools.length)}</b> {tools.length === 1 ? 'tool' : 'tools'}
            </span>
          )}
          {conversation.errors > 0 && <span class="error">{counted(conversation.errors, 'error')}</span>}
          <span>
            <b>{count((conversation.inputTokens ?? 0) + (conversation.outputTokens ?? 0))}</b> tokens
          </span>
          <span>
            <b>{money(conversation.cost)}</b> USD
          </span>
          <span>
            <b>{duration(conversation.duration)}</b>
          </span>
        </p>
      </div>
    </header>
  );
}

function Messages({
  conversation,
  turns,
}: {
  readonly conversation: Detail;
  readonly turns: readonly Turn[];
}): JSX.Element {
  return (
    <div class="columns">
      <nav class="outline" aria-label="Turns">
        {turns.map(({ number, title, rows }) => (
          <a key={number} href={`#turn-${number}`} onClick={(event) => jump(event, number)}>
            <span class="number">{number}</span>
            <span class="cut">{title || UNKNOWN}</span>
            {rows.some(({ status }) => status === 'error') && <OutcomeMark status="error" />}
          </a>
        ))}
      </nav>
      <div class="transcript">
        {turns.map(({ number, messages }) => (
          <section key={number} id={`turn-${number}`} class="turn">
            {messages.map((message, index) => (
              <MessageView key={index} message={message} />
            ))}
          </section>
        ))}
      </div>
      <Facts conversation={conversation} />
    </div>
  );
}

/** Native fragments do not scroll a region that is not the page. */
function jump(event: MouseEvent, number: number): void {
  event.preventDefault();
  document.getElementById(`turn-${number}`)?.scrollIntoView({ block: 'start' });
}

function Facts({ conversation }: { readonly conversation: Detail }): JSX.Element {
  const { rows } = conversation;
  const first = rows[0] && interactionOf(rows[0]);
  const sum = (field: 'cacheReadInputTokens' | 'reasoningOutputTokens'): number =>
    rows.reduce((total, row) => total + (interactionOf(row).usage?.[field] ?? 0), 0);
  const tags = [...new Set(rows.flatMap((row) => row.tags))];
  return (
    <aside class="facts">
      <dl>
        <Fact name="Conversation">
          {conversation.conversationId && <span class="mono">{conversation.conversationId}</span>}
        </Fact>
        <Fact name="User">{[conversation.users.join(', '), first?.user?.fullName].filter(Boolean).join(', ')}</Fact>
        <Fact name="Session">{first?.sessionId}</Fact>
        <Fact name="Prompt">{rows[0]?.prompt}</Fact>
        <Fact name="Agent">{conversation.agents.join(', ')}</Fact>
        <Fact name="Service">{conversation.service}</Fact>
        <Fact name="Environment">{conversation.environment}</Fact>
        <Fact name="Models">{conversation.models.join(', ')}</Fact>
        <Fact name="Started">
          <span title={moment(conversation.firstAt)}>
            {day(conversation.firstAt, now.value)}, {clock(conversation.firstAt)}
          </span>
        </Fact>
        <Fact name="Last">
          <span title={moment(conversation.lastAt)}>{age(conversation.lastAt, now.value)}</span>
        </Fact>
      </dl>
      <h2>Tokens and cost</h2>
      <dl>
        <Fact name="Input">{count(conversation.inputTokens)}</Fact>
        <Fact name="of it cached">{sum('cacheReadInputTokens') > 0 && count(sum('cacheReadInputTokens'))}</Fact>
        <Fact name="Output">{count(conversation.outputTokens)}</Fact>
        <Fact name="of it reasoning">{sum('reasoningOutputTokens') > 0 && count(sum('reasoningOutputTokens'))}</Fact>
        <Fact name="USD">{money(conversation.cost)}</Fact>
        <Fact name="Without a price">{conversation.unpriced > 0 && count(conversation.unpriced)}</Fact>
      </dl>
      {tags.length > 0 && (
        <>
          <h2>Tags</h2>
          <p>{tags.join(', ')}</p>
        </>
      )}
    </aside>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }): JSX.Element | null {
  if (children === undefined || children === '' || children === false) return null;
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function Details({ conversation }: { readonly conversation: Detail }): JSX.Element {
  return (
    <div class="details">
      {conversation.rows.map((row) => (
        <details key={row.id} open={conversation.rows.length === 1}>
          <summary>
            <OutcomeMark status={row.status} /> {row.name} <small>{clock(row.startTime)}</small>
          </summary>
          <div class="mono">
            <Json value={row.interaction} />
          </div>
        </details>
      ))}
    </div>
  );
}
