import type { JSX } from 'preact';
import { useCallback, useEffect, useMemo, useRef } from 'preact/hooks';
import { type Loaded, load } from '../conversation-data.ts';
import { count } from '../format.ts';
import { useCommands } from '../keyboard.ts';
import { toggleMark } from '../marked.ts';
import { firstPayload } from '../parts/delivery-links.tsx';
import { Feedback } from '../parts/feedback.tsx';
import { Icon } from '../parts/icon.tsx';
import { DeliveryMark } from '../parts/mark.tsx';
import { areUnfolded, MessageView } from '../parts/message.tsx';
import { useVirtualRows } from '../parts/virtual.ts';
import { traceAddress } from '../places.ts';
import { address, go, withQuery } from '../router.ts';
import { isPhone } from '../screen.ts';
import { command, errorCommands, moved, nextOf, rowCommands } from '../shortcuts.ts';
import { worstOf } from '../strip.ts';
import { FindInMessages } from './find-in-messages.tsx';
import { compareCommand } from './selection.ts';
import type { ConversationRow, TranscriptMessage, Turn } from './transcript.ts';

interface MessagesProps {
  readonly turns: readonly Turn[];
  readonly loaded: Loaded;
  /** Below the last message where there is no room at the side. */
  readonly facts: JSX.Element;
  onOutline(): void;
}

const ESTIMATE = 96;

/** The transcript. Only messages in view are in the document, so that length costs nothing. */
export function MessagesLayer({ turns, loaded, facts, onOutline }: MessagesProps): JSX.Element {
  const messages = useMemo(() => turns.flatMap((turn) => turn.messages), [turns]);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualRows(scroller, {
    count: messages.length,
    estimateSize: () => ESTIMATE,
    getItemKey: (index) => messages[index]?.key ?? index,
    overscan: 6,
  });
  const { virtualizer } = virtual;
  const selected = messages.findIndex(({ key }) => key === address.value.fragment);
  const rated = useCallback(() => void load(loaded.conversation.id).catch(() => {}), [loaded.conversation.id]);
  useEffect(() => {
    if (selected >= 0) virtualizer.scrollToIndex(selected, { align: selected === 0 ? 'start' : 'auto' });
  }, [selected, messages.length]);
  useMessageKeys({ messages, selected, onOutline });
  return (
    <div class="transcript" ref={scroller} tabIndex={-1}>
      <FindInMessages {...{ messages, selected }} onSelect={(index) => select(messages[index])} />
      <div class="sheet" style={{ height: `${virtual.height}px` }}>
        {virtual.items.map(({ index, start, key }) => {
          const message = messages[index];
          return (
            message && (
              <div
                key={key}
                class="place"
                data-index={index}
                ref={virtualizer.measureElement}
                style={{ transform: `translateY(${start}px)` }}
              >
                <MessageView
                  message={message}
                  isSelected={index === selected}
                  feedback={message.row && (loaded.feedback.get(message.row.id) ?? [])}
                  onRated={rated}
                />
              </div>
            )
          );
        })}
      </div>
      <div class="facts-below">{facts}</div>
      {isPhone.value && <TurnBar {...{ messages, selected, turns, loaded }} onRated={rated} />}
    </div>
  );
}

interface KeysOptions {
  readonly messages: readonly TranscriptMessage[];
  readonly selected: number;
  onOutline(): void;
}

function select(message: TranscriptMessage | undefined): void {
  if (message) go(`${withQuery({})}#${message.key}`, { replace: true });
}

function useMessageKeys({ messages, selected, onOutline }: KeysOptions): void {
  const at = Math.max(0, selected);
  const move = (step: number): void => select(moved(messages, selected, step));
  const toError = (step: number): void => {
    const failed = messages.flatMap((message, index) => (hasFailed(message) ? [index] : []));
    const next = nextOf(failed, selected, step);
    if (next !== undefined) select(messages[next]);
  };
  const row = (): ConversationRow | undefined => messages[at]?.row ?? messages.slice(at).find((each) => each.row)?.row;
  const toRow = (path: (row: ConversationRow) => string | undefined): void => {
    const found = row();
    const target = found && path(found);
    if (target !== undefined) go(target);
  };
  useCommands([
    ...rowCommands('message', move),
    ...errorCommands(toError),
    command('o', 'Unfold; without a selection, the outline', 'View', () =>
      selected < 0 ? onOutline() : unfold(selected),
    ),
    command('Shift+O', 'Unfold all', 'View', () => {
      areUnfolded.value = !areUnfolded.value;
    }),
    command('t', 'Trace', 'Selected', () => toRow(traceAddress)),
    command('d', 'What each destination got', 'Selected', () => toRow(firstPayload)),
    command('x', 'Mark, to compare', 'Selected', () => {
      const found = row();
      if (found) toggleMark({ id: found.id, project: found.project, title: found.title ?? found.name });
    }),
    ...compareCommand(),
    command('+', 'Good answer', 'Selected', () => press(selected, 'Good answer')),
    command('-', 'Bad answer', 'Selected', () => press(selected, 'Bad answer')),
  ]);
}

/** The thumbs of the message that is selected: the form opens in its place. */
function press(index: number, label: string): void {
  document.querySelector<HTMLElement>(`[data-index="${index}"] button[aria-label="${label}"]`)?.click();
}

/** Reasoning, instructions and long results of one message; folds them again where all are open. */
function unfold(index: number): void {
  const place = document.querySelector(`[data-index="${index}"]`);
  const folds = [...(place?.querySelectorAll('details') ?? [])];
  const isOpen = folds.every(({ open }) => open);
  for (const fold of folds) fold.open = !isOpen;
  for (const button of place?.querySelectorAll<HTMLElement>('.result > .link') ?? []) button.click();
}

function hasFailed({ row, error, calls }: TranscriptMessage): boolean {
  const isDead = row !== undefined && Object.values(row.deliveries).includes('dead');
  return isDead || error !== undefined || row?.status === 'error' || calls.some((call) => call.error !== undefined);
}

interface TurnBarProps {
  readonly loaded: Loaded;
  readonly messages: readonly TranscriptMessage[];
  readonly selected: number;
  readonly turns: readonly Turn[];
  onRated(): void;
}

/** On a phone, at the foot of the screen: the turn before and after, thumbs for its answer, and its destinations. */
function TurnBar({ messages, selected, turns, loaded, onRated }: TurnBarProps): JSX.Element {
  const turn = messages[Math.max(0, selected)]?.turn ?? 1;
  const row = turns[turn - 1]?.rows.at(-1);
  const payload = row && firstPayload(row);
  const worst = row && worstOf(Object.values(row.deliveries));
  const to = (step: number): void => {
    const number = Math.min(turns.length, Math.max(1, turn + step));
    select(turns[number - 1]?.messages[0]);
  };
  return (
    <div class="turn-bar">
      <button type="button" aria-label="Previous turn" onClick={() => to(-1)}>
        <Icon name="left" size={18} />
      </button>
      <button type="button" aria-label="Next turn" onClick={() => to(1)}>
        <Icon name="right" size={18} />
      </button>
      <span>
        turn {count(turn)} of {count(Math.max(loaded.conversation.turns, turns.length))}
      </span>
      {row && <Feedback key={row.id} row={row} given={loaded.feedback.get(row.id) ?? []} onRated={onRated} />}
      {payload !== undefined && (
        <a href={payload} aria-label="What each destination got">
          <Icon name="out" size={18} />
          {worst && <DeliveryMark state={worst} />}
        </a>
      )}
    </div>
  );
}
