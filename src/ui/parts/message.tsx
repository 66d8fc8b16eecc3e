import { signal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { FeedbackRow } from '../../gateway/api/routes.ts';
import type { Part } from '../../interaction/message.ts';
import { bytes, clock, count, counted, duration, moment, money } from '../format.ts';
import { traceAddress } from '../places.ts';
import { shortModel } from '../text.ts';
import { costTitle } from '../views/cost-parts.ts';
import type { ConversationRow, TranscriptMessage } from '../views/transcript.ts';
import { interactionOf } from '../views/transcript.ts';
import { CallView } from './call.tsx';
import { DeliveryLinks } from './delivery-links.tsx';
import { Feedback } from './feedback.tsx';
import { Icon } from './icon.tsx';
import { Json } from './json.tsx';
import { Markdown } from './markdown.tsx';
import { isRaw } from './raw.ts';
import { Role, roleClass } from './role.tsx';
import { Safe } from './safe-text.tsx';

interface MessageProps {
  readonly message: TranscriptMessage;
  readonly isSelected?: boolean;
  readonly feedback?: readonly FeedbackRow[] | undefined;
  /** Called once feedback was stored. */
  readonly onRated?: () => void;
}

/** Role in the left margin, words in one measured column, figures in the right margin. */
export function MessageView({ message, isSelected = false, feedback, onRated }: MessageProps): JSX.Element {
  const { role, parts, calls, row, error, at, isFirst } = message;
  const words = parts.some(({ type }) => type === 'text');
  return (
    <article
      class={`message ${roleClass(role)}${isFirst ? ' first' : ''}`}
      aria-current={isSelected ? 'true' : undefined}
    >
      <Role role={role} note={calls.length > 1 ? `${calls.length} in parallel` : undefined} />
      <div class="words">
        {parts.map((part, index) => (
          <PartView
            key={index}
            part={part}
            isModel={role === 'assistant'}
            isFolded={role === 'system' || role === 'developer'}
            row={row}
          />
        ))}
        {calls.length > 0 && (
          <div class="calls">
            {calls.map((call, index) => (
              <CallView key={call.call.id ?? index} call={call} trace={row} />
            ))}
          </div>
        )}
        {error !== undefined && (
          <p class="failed">
            <Safe text={error} />
          </p>
        )}
        {error === undefined && parts.length === 0 && calls.length === 0 && <NoWords />}
        {row && words && onRated && <Feedback row={row} given={feedback ?? []} onRated={onRated} />}
      </div>
      {row ? (
        <Figures row={row} />
      ) : (
        <aside class="figures">{at !== undefined && <span title={moment(at)}>{clock(at)}</span>}</aside>
      )}
    </article>
  );
}

function NoWords(): JSX.Element {
  return (
    <p class="dim">
      No words were kept, or the answer was empty. Later calls keep them with <code>SPANPORT_CONTENT=otlp=full</code>.
    </p>
  );
}

function Figures({ row }: { readonly row: ConversationRow }): JSX.Element {
  const { finishReasons = [], chunkCount } = interactionOf(row);
  const isPlain = finishReasons.every((reason) => reason === 'stop');
  return (
    <aside class="figures">
      <a href={traceAddress(row)} title={`${row.model ?? row.name}, ${moment(row.startTime)}, open the trace`}>
        <Safe text={shortModel(row.model ?? row.name)} />
      </a>
      {(row.inputTokens !== undefined || row.outputTokens !== undefined) && (
        <span>
          {count(row.inputTokens)} in, {count(row.outputTokens)} out
        </span>
      )}
      <span title={costTitle(row)}>
        {row.isEstimated && '~'}
        {money(row.cost)} USD
      </span>
      <span>
        {duration(row.duration)}
        {row.timeToFirstChunk !== undefined && `, first ${duration(row.timeToFirstChunk)}`}
      </span>
      {chunkCount !== undefined && <span>{counted(chunkCount, 'chunk')}</span>}
      {!isPlain && (
        <span class="cut">
          finish: <Safe text={finishReasons.join(', ')} />
        </span>
      )}
      {Object.keys(row.deliveries).length > 0 && <DeliveryLinks row={row} />}
    </aside>
  );
}

interface PartProps {
  readonly part: Part;
  readonly isModel: boolean;
  readonly isFolded: boolean;
  readonly row: ConversationRow | undefined;
}

function PartView({ part, isModel, isFolded, row }: PartProps): JSX.Element | null {
  switch (part.type) {
    case 'text':
      return isFolded ? (
        <Folded label={firstLine(part.content)} note={counted(part.content.split(/\s+/).length, 'word')}>
          <Safe text={part.content} />
        </Folded>
      ) : (
        <Words text={part.content} isModel={isModel} />
      );
    case 'refusal':
      return (
        <p class="failed">
          <Safe text={part.content} />
        </p>
      );
    case 'reasoning':
      return (
        <Folded label={reasoningLabel(row, part.content)}>
          <Safe text={part.content} />
        </Folded>
      );
    case 'blob':
      return <Blob part={part} />;
    case 'uri':
      return (
        <figure class="not-loaded">
          <Icon name="image" />{' '}
          <span class="mono">
            <Safe text={part.uri} />
          </span>
          <figcaption>Not loaded: the page loads nothing from elsewhere</figcaption>
        </figure>
      );
    case 'file':
      return (
        <p class="mono">
          file <Safe text={part.file_id} />
        </p>
      );
    default:
      return (
        <div class="result">
          <Json value={part} />
        </div>
      );
  }
}

/** `Reasoning, 384 tokens`; the count is that of the whole answer. */
function reasoningLabel(row: ConversationRow | undefined, text: string): string {
  const tokens = row && interactionOf(row).usage?.reasoningOutputTokens;
  return `Reasoning, ${tokens ? counted(tokens, 'token') : counted(text.split(/\s+/).length, 'word')}`;
}

const LONG_TEXT = 20_000;
const FIRST_CHARACTERS = 4_000;

/** Words as they came, or, where a model wrote them, its Markdown. */
export function Words({ text, isModel }: { readonly text: string; readonly isModel: boolean }): JSX.Element {
  const [isWhole, setWhole] = useState(text.length <= LONG_TEXT);
  const shown = isWhole ? text : text.slice(0, FIRST_CHARACTERS);
  return (
    <>
      {isModel && !isRaw.value ? (
        <Markdown text={shown} />
      ) : (
        <p class="plain">
          <Safe text={shown} />
        </p>
      )}
      {!isWhole && (
        <button type="button" class="link" onClick={() => setWhole(true)}>
          Show all {counted(text.length, 'character')}
        </button>
      )}
    </>
  );
}

interface FoldedProps {
  readonly label: string;
  readonly note?: string;
  readonly children: ComponentChildren;
}

/** Every fold of the transcript is open. */
export const areUnfolded = signal(false);

export function Folded({ label, note, children }: FoldedProps): JSX.Element {
  return (
    <details class="folded" open={areUnfolded.value}>
      <summary>
        <Icon name="right" size={11} />
        <span class="cut">
          <Safe text={label} />
        </span>
        {note !== undefined && <small>{note}</small>}
      </summary>
      <p class="plain">{children}</p>
    </details>
  );
}

function firstLine(text: string): string {
  return text.replace(/\s+/g, ' ').slice(0, 200);
}

/** Only bytes that came with the message are drawn, from a `blob:` address. SVG can act, and stays a file. */
function Blob({ part }: { readonly part: Extract<Part, { type: 'blob' }> }): JSX.Element {
  const { mime_type: type = 'application/octet-stream', content } = part;
  const size = Math.floor((content.length * 3) / 4);
  const isDrawn = /^image\/(png|jpeg|gif|webp)$/.test(type);
  const [address, setAddress] = useState<string>();
  const [measures, setMeasures] = useState<string>();
  useEffect(() => {
    if (!isDrawn) return undefined;
    const made = URL.createObjectURL(new window.Blob([bytesOf(content)], { type }));
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [content]);
  return (
    <figure class="blob">
      {isDrawn && (
        <span class="frame">
          {address && (
            <img
              src={address}
              alt={`${type}, sent with the message`}
              onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) =>
                setMeasures(`${naturalWidth} × ${naturalHeight}, `)
              }
            />
          )}
        </span>
      )}
      <figcaption>
        <Safe text={type} />, {measures}
        {bytes(size)}, inline{!isDrawn && ', not drawn'}
      </figcaption>
    </figure>
  );
}

function bytesOf(content: string): ArrayBuffer {
  try {
    return Uint8Array.from(atob(content), (character) => character.charCodeAt(0)).buffer;
  } catch {
    return new ArrayBuffer(0);
  }
}
