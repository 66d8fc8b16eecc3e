import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { api, NO_ANSWER } from '../api.ts';
import { forget, type Loaded, load, loaded, open, problem } from '../conversation-data.ts';
import { bytes, day } from '../format.ts';
import { useCommands, useKeys } from '../keyboard.ts';
import { followLive } from '../live.ts';
import { compareWith } from '../marked.ts';
import { LoadingRows } from '../parts/loading-rows.tsx';
import { MarkedBar } from '../parts/marked-bar.tsx';
import { payloadAddress } from '../places.ts';
import { address, go, listPlace, segments, withQuery } from '../router.ts';
import { command, linkCommand } from '../shortcuts.ts';
import { worstOf } from '../strip.ts';
import { now } from '../time.ts';
import { titleOf } from './conversation-columns.tsx';
import { DetailsLayer, useSpan } from './conversation-details.tsx';
import { Facts } from './conversation-facts.tsx';
import { Heading, LAYERS, type Layer, layerAddress } from './conversation-heading.tsx';
import { rows as listed } from './conversation-list.ts';
import { MessagesLayer } from './conversation-messages.tsx';
import { Outline } from './conversation-outline.tsx';
import { RunLayer } from './conversation-run.tsx';
import type { ShownRun } from './run-heading.tsx';
import { seenRun } from './run-model.ts';
import { hasDead, retryDead } from './selection.ts';
import { type ConversationRow, transcriptOf } from './transcript.ts';
import { TurnsLayer } from './turns.tsx';
import './conversation.css';

/** One conversation in layers: the messages, each interaction, everything that was recorded, and a run where there is one. */
export function ConversationView(): JSX.Element {
  const [, id = '', named, name = ''] = segments.value;
  useEffect(() => {
    open(id).catch(() => {});
    const again = (): void => {
      load(id).catch(() => {});
    };
    // An address can also have the name that the application gave the conversation.
    const isThis = (each: string): boolean => each === (loaded.value?.conversation.id ?? id);
    const unfollow = followLive({
      conversations: (items) => {
        if (items.some((item) => isThis(item.id))) again();
      },
      deleted: (ids) => {
        if (!ids.some(isThis)) return;
        forget();
        again();
      },
      deliveries: (items) => {
        const rows = loaded.value?.conversation.rows ?? [];
        const own = new Set(rows.map((row) => row.id));
        if (items.some(({ interaction }) => own.has(interaction))) again();
      },
      resync: again,
    });
    return () => {
      unfollow();
      forget();
    };
  }, [id]);
  // They work while a conversation is still loading, so that keys pressed in a row all count.
  useCommands([
    command('[', 'Previous conversation of the list', 'View', () => neighbour(-1)),
    command(']', 'Next conversation of the list', 'View', () => neighbour(1)),
  ]);
  const shown = loaded.value;
  if (problem.value !== undefined && !shown) return <Gone message={problem.value} />;
  if (!shown) return <LoadingRows />;
  if (named === 'destinations') {
    const { rows, next } = shown.conversation;
    // The record in the worst state can be on a later page.
    return next === undefined ? <ToPayload rows={rows} name={name} /> : <LoadingRows />;
  }
  return <Conversation id={id} loaded={shown} />;
}

function Gone({ message }: { readonly message: string }): JSX.Element {
  const pruned = usePruned();
  return (
    <div class="empty">
      <h2>{message}</h2>
      <p>
        {message !== NO_ANSWER && (pruned ?? 'It may have been deleted.')}{' '}
        <a class="link" href="/conversations">
          All conversations
        </a>
      </p>
    </div>
  );
}

/** What the gateway removes by itself, once it has removed something. */
function usePruned(): string | undefined {
  const [text, setText] = useState<string>();
  useEffect(() => {
    api.getStatus().then(
      ({ retention: { maxAgeSeconds, maxBytes }, pruned }) =>
        pruned &&
        setText(
          `What is older than ${Math.round(maxAgeSeconds / 86_400)} days, or beyond ${bytes(maxBytes)}, is removed, last on ${day(pruned.at, now.value)}.`,
        ),
      () => {},
    );
  }, []);
  return text;
}

function Conversation({ id, loaded: shown }: { readonly id: string; readonly loaded: Loaded }): JSX.Element {
  const [, , named, chosenRun] = segments.value;
  const { rows } = shown.conversation;
  const turns = useMemo(() => transcriptOf(rows, shown.tools), [rows, shown.tools]);
  const runs = rows.filter(({ runId }) => runId !== undefined);
  const layer: Layer = LAYERS.find((each) => each === named) ?? 'messages';
  const run = runs.find(({ runId }) => runId === chosenRun) ?? runs.at(-1);
  const base = `/c/${encodeURIComponent(id)}`;
  const shownRun = useShownRun(layer === 'run' ? run : undefined, runs, base);
  const toLayer = (each: Layer): void => {
    if (each !== 'run' || run) go(layerAddress(base, each, run?.runId));
  };
  const [isOutlineOpen, setOutlineOpen] = useState(false);
  useCommands([
    command('1', 'Messages', 'View', () => toLayer('messages')),
    command('2', 'Turns', 'View', () => toLayer('turns')),
    command('3', 'Details', 'View', () => toLayer('details')),
    command('4', 'Run', 'View', () => toLayer('run')),
    command('c', 'Compare with another conversation', 'Selected', () =>
      go(compareWith({ id: shown.conversation.id, title: titleOf(shown.conversation) })),
    ),
    ...(hasDead(shown.conversation)
      ? [
          command(
            'r',
            'Retry its dead letters',
            'Selected',
            () =>
              void retryDead(id)
                .then(() => load(id))
                .catch(() => {}),
          ),
        ]
      : []),
    linkCommand,
  ]);
  useKeys({
    Escape: () => {
      const { path, query, fragment } = address.value;
      if (fragment !== '') go(withQuery({}));
      else go(query.size > 0 ? path : listPlace.href);
    },
  });
  const facts = <Facts loaded={shown} />;
  return (
    <>
      <Heading {...{ loaded: shown, turns, base, layer, runId: run?.runId, run: shownRun }} />
      {layer === 'messages' && (
        <div class="columns">
          <Outline turns={turns} isOpen={isOutlineOpen} onToggle={() => setOutlineOpen(!isOutlineOpen)} />
          <MessagesLayer {...{ turns, loaded: shown, facts }} onOutline={() => setOutlineOpen(!isOutlineOpen)} />
          {facts}
          <MarkedBar />
        </div>
      )}
      {layer === 'turns' && <TurnsLayer turns={turns} tools={shown.tools} />}
      {layer === 'details' && <DetailsLayer turns={turns} />}
      {shownRun && <RunLayer run={shownRun} toolSpans={shown.tools} />}
    </>
  );
}

/** @param row undefined where another layer is shown: its span is not read then */
function useShownRun(
  row: ConversationRow | undefined,
  runs: readonly ConversationRow[],
  base: string,
): ShownRun | undefined {
  const span = useSpan(row ?? { traceId: '', project: '' });
  const seen = useMemo(() => row && seenRun(row, span), [row, span]);
  return row && seen && { row, runs, seen, base };
}

/** A mark in a list of conversations leads to the payload of the record that it stands for: the one in the worst state. */
function ToPayload({ rows, name }: { readonly rows: readonly ConversationRow[]; readonly name: string }): null {
  useEffect(() => {
    const worst = worstOf(rows.flatMap(({ deliveries }) => deliveries[name] ?? []));
    const row = rows.findLast(({ deliveries }) => deliveries[name] === worst) ?? rows.at(-1);
    if (row) go(payloadAddress(row, name), { replace: true });
  }, []);
  return null;
}

/** The conversation before or after this one, in the order of the list. */
async function neighbour(step: number): Promise<void> {
  const [, named] = segments.value;
  const placeIn = (items: typeof listed.value): number => {
    const index = items.findIndex(({ id }) => id === named);
    // The address may have the name that the application gave the conversation. What is loaded may be the one before.
    return index >= 0 ? index : items.findIndex(({ id }) => id === loaded.value?.conversation.id);
  };
  const items =
    placeIn(listed.value) >= 0 ? listed.value : (await api.listConversations({ query: { limit: 200 } })).items;
  const index = placeIn(items);
  const next = items[index + step];
  if (index >= 0 && next) go(`/c/${encodeURIComponent(next.id)}`);
}
