import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { api } from '../api.ts';
import type { Detail, Loaded } from '../conversation-data.ts';
import { count, counted, duration, UNKNOWN } from '../format.ts';
import { useCommands } from '../keyboard.ts';
import { compareWith } from '../marked.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { CopyLine } from '../parts/copy-line.tsx';
import { Icon } from '../parts/icon.tsx';
import { OutcomeMark } from '../parts/mark.tsx';
import { MoreButton } from '../parts/more-button.tsx';
import { Popover } from '../parts/popover.tsx';
import { isRaw, toggleRaw } from '../parts/raw.ts';
import { Safe } from '../parts/safe-text.tsx';
import { Count, Sum, Usage } from '../parts/sum.tsx';
import { chatAddress } from '../places.ts';
import { address, go, listPlace } from '../router.ts';
import { command } from '../shortcuts.ts';
import { messageOf } from '../text.ts';
import { useTitle } from '../title.ts';
import { titleOf } from './conversation-columns.tsx';
import { markdownOf } from './conversation-markdown.ts';
import { findInMessages } from './find-in-messages.tsx';
import { OtlpButton, type OtlpProps } from './otlp-button.tsx';
import { RunActions, RunTotals, type ShownRun } from './run-heading.tsx';
import type { Turn } from './transcript.ts';

export const LAYERS = ['messages', 'turns', 'details', 'run'] as const;
export type Layer = (typeof LAYERS)[number];

interface HeadingProps {
  readonly loaded: Loaded;
  readonly turns: readonly Turn[];
  readonly base: string;
  readonly layer: Layer;
  readonly runId: string | undefined;
  /** The run, where its layer is shown. */
  readonly run: ShownRun | undefined;
}

/** What the conversation is, its layers, and what can be done with it. */
export function Heading({ loaded, turns, base, layer, runId, run }: HeadingProps): JSX.Element {
  const { conversation } = loaded;
  useTitle(conversation.title ?? conversation.id);
  return (
    <header class="heading">
      <p class="path">
        <a href={listPlace.href}>Conversations</a> <span>/</span>{' '}
        <span class="mono cut">
          <Safe text={conversation.conversationId ?? conversation.id} />
        </span>
      </p>
      <div class="title">
        <a class="back" href={listPlace.href} aria-label="All conversations">
          <Icon name="left" size={18} />
        </a>
        <h1 class="cut">
          <OutcomeMark status={conversation.status} /> <Safe text={conversation.title ?? UNKNOWN} />
        </h1>
        <Actions {...{ loaded, turns, base, layer, run }} />
      </div>
      <div class="layers">
        <nav aria-label="Layers">
          {LAYERS.filter((each) => each !== 'run' || runId !== undefined).map((each, index) => (
            <a key={each} href={layerAddress(base, each, runId)} aria-current={each === layer ? 'page' : undefined}>
              {each[0]?.toUpperCase()}
              {each.slice(1)} <kbd>{index + 1}</kbd>
            </a>
          ))}
        </nav>
        {run ? <RunTotals {...run} /> : <Totals {...{ loaded, turns }} />}
      </div>
    </header>
  );
}

export function layerAddress(base: string, layer: Layer, runId: string | undefined): string {
  if (layer === 'messages') return base;
  return layer === 'run' ? `${base}/run/${encodeURIComponent(runId ?? '')}` : `${base}/${layer}`;
}

function Totals({ loaded: { conversation, tools }, turns }: Pick<HeadingProps, 'loaded' | 'turns'>): JSX.Element {
  const failed = tools.filter(({ error }) => error !== undefined).length;
  const { interactions, errors, unpriced } = conversation;
  return (
    <p class="totals">
      {/* A turn that failed has no answer to count, and is one that the messages show. */}
      <Count value={Math.max(conversation.turns, turns.length)} one="turn" isAlways />
      <Count value={interactions} one="interaction" />
      {tools.length > 0 && <Count value={tools.length} one="tool" failed={failed} />}
      {errors > 0 && <em>{counted(errors, 'error')}</em>}
      <Usage of={conversation} isAlways />
      {unpriced > 0 && <span class="wide">{count(unpriced)} without a price</span>}
      <Sum value={duration(conversation.duration)} />
    </p>
  );
}

interface ActionsProps {
  readonly loaded: Loaded;
  readonly turns: readonly Turn[];
  readonly base: string;
  readonly layer: Layer;
  readonly run: ShownRun | undefined;
}

function Actions({ loaded: { conversation }, turns, base, layer, run }: ActionsProps): JSX.Element {
  const [open, setOpen] = useState<'share' | 'more'>();
  const close = (): void => setOpen(undefined);
  useCommands([command('s', 'Share', 'Selected', () => setOpen('share'))]);
  return (
    <div class="actions">
      <button
        type="button"
        class="button wide"
        onClick={() => go(compareWith({ id: conversation.id, title: titleOf(conversation) }))}
      >
        Compare <kbd>C</kbd>
      </button>
      {run && <RunActions row={run.row} />}
      <span class="with-popover">
        {!run && (
          <button
            type="button"
            class="button wide"
            aria-expanded={open === 'share'}
            onClick={() => setOpen(open === 'share' ? undefined : 'share')}
          >
            Share <kbd>S</kbd>
          </button>
        )}
        {open === 'share' && <Share {...{ conversation, turns, base }} onClose={close} />}
      </span>
      {!run && <OtlpButton {...otlpOf(conversation)} className="wide" />}
      <MoreButton isOpen={open === 'more'} onToggle={() => setOpen(open === 'more' ? undefined : 'more')}>
        <More
          {...{ conversation, layer }}
          className={run ? '' : 'narrow'}
          onClose={close}
          onShare={() => setOpen('share')}
        />
      </MoreButton>
    </div>
  );
}

/** Every trace that the conversation is part of, as one file. */
function otlpOf({ conversationId, id, project, rows }: Detail): Pick<OtlpProps, 'name' | 'traces'> {
  const traces = [...new Set(rows.map(({ traceId }) => traceId))];
  return { name: conversationId ?? id, traces: traces.map((traceId) => ({ traceId, project })) };
}

interface ShareProps {
  readonly conversation: Detail;
  readonly turns: readonly Turn[];
  readonly base: string;
  onClose(): void;
}

function Share({ conversation, turns, base, onClose }: ShareProps): JSX.Element {
  const { origin } = window.location;
  const { fragment } = address.value;
  const chat = chatAddress(conversation.conversationId ?? conversation.id, conversation.project);
  return (
    <Popover label="Share" onClose={onClose}>
      <h2>
        Share <small>who reaches this gateway can read it</small>
      </h2>
      <CopyLine text={`${origin}${base}${fragment === '' ? '' : `#${fragment}`}`} />
      <p class="actions">
        <a class="button" href={chat}>
          Reading page <kbd>?chatId</kbd>
        </a>
        <CopyButton text={`${origin}${chat}`}>Its link</CopyButton>
        <CopyButton text={() => markdownOf(conversation, turns)}>Copy as Markdown</CopyButton>
      </p>
    </Popover>
  );
}

interface MoreProps {
  readonly conversation: Detail;
  readonly layer: Layer;
  /** Of what is in the menu only because the heading has no room or no button for it. */
  readonly className: string;
  onClose(): void;
  onShare(): void;
}

function More({ conversation, layer, className, onClose, onShare }: MoreProps): JSX.Element {
  const [isAsking, setAsking] = useState(false);
  const [problem, setProblem] = useState<string>();
  const remove = async (): Promise<void> => {
    await api.deleteConversation({ params: { id: conversation.id } });
    go(listPlace.href);
  };
  return (
    <Popover label="More" onClose={onClose}>
      {isAsking ? (
        <>
          <h2>Delete this conversation?</h2>
          <p>
            Its {counted(conversation.interactions, 'interaction')}, their spans, their text and their place in every
            total go. Destinations keep what they got.
          </p>
          {problem !== undefined && <p class="failed">{problem}</p>}
          <p class="actions">
            <button
              type="button"
              class="button danger"
              onClick={() => remove().catch((error: unknown) => setProblem(messageOf(error)))}
            >
              Delete it
            </button>
            <button type="button" class="button" onClick={onClose}>
              Keep it
            </button>
          </p>
        </>
      ) : (
        <p class="actions column">
          <button type="button" class={`button ${className}`} onClick={onShare}>
            Share
          </button>
          <OtlpButton {...otlpOf(conversation)} className={className} />
          {layer === 'messages' && (
            <button
              type="button"
              class="button"
              onClick={() => {
                onClose();
                findInMessages();
              }}
            >
              Find in messages <kbd>/</kbd>
            </button>
          )}
          <CopyButton text={conversation.conversationId ?? conversation.id}>Copy its id</CopyButton>
          <button type="button" class="button" aria-pressed={isRaw.value} onClick={toggleRaw}>
            {isRaw.value ? 'Show Markdown rendered' : 'Show Markdown as it came'}
          </button>
          <button type="button" class="button" onClick={() => setAsking(true)}>
            Delete the conversation
          </button>
        </p>
      )}
    </Popover>
  );
}
