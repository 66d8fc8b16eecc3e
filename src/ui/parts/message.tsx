import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Part } from '../../interaction/message.ts';
import { bytes, clock, count, counted, duration, moment, money } from '../format.ts';
import type { ConversationRow, TranscriptCall, TranscriptMessage } from '../views/transcript.ts';
import { interactionOf } from '../views/transcript.ts';
import { DeliveryStrip } from './deliveries.tsx';
import { Icon } from './icon.tsx';
import { Json, parsed } from './json.tsx';

/** Role in the left margin, words in one measured column, figures in the right margin. */
export function MessageView({ message }: { readonly message: TranscriptMessage }): JSX.Element {
  const { role, parts, calls, row, error } = message;
  return (
    <article class={`message ${role}`}>
      <div class="role">
        {role}
        {calls.length > 1 && <small>{calls.length} in parallel</small>}
      </div>
      <div class="words">
        {parts.map((part, index) => (
          <PartView
            key={index}
            part={part}
            isModel={role === 'assistant'}
            isFolded={role === 'system' || role === 'developer'}
          />
        ))}
        {calls.length > 0 && (
          <div class="calls">
            {calls.map((call, index) => (
              <CallView key={call.call.id ?? index} call={call} />
            ))}
          </div>
        )}
        {error !== undefined && <p class="failed">{error}</p>}
        {!error && parts.length === 0 && calls.length === 0 && <p class="dim">No words were recorded.</p>}
      </div>
      {row && <Figures row={row} />}
    </article>
  );
}

function Figures({ row }: { readonly row: ConversationRow }): JSX.Element {
  const { finishReasons } = interactionOf(row);
  return (
    <aside class="figures">
      <span title={moment(row.startTime)}>{clock(row.startTime)}</span>
      {row.model && <span>{row.model}</span>}
      <span>
        {count(row.inputTokens)} in, {count(row.outputTokens)} out
      </span>
      <span>
        {row.isEstimated && '~'}
        {money(row.cost)} USD
      </span>
      <span>
        {duration(row.duration)}
        {row.timeToFirstChunk !== undefined && `, first ${duration(row.timeToFirstChunk)}`}
      </span>
      {finishReasons && <span>finish: {finishReasons.join(', ')}</span>}
      <DeliveryStrip deliveries={row.deliveries} />
      <a class="link" href={`/t/${row.traceId}?span=${row.spanId}`}>
        Trace
      </a>
    </aside>
  );
}

interface PartProps {
  readonly part: Part;
  readonly isModel: boolean;
  readonly isFolded: boolean;
}

function PartView({ part, isModel, isFolded }: PartProps): JSX.Element | null {
  switch (part.type) {
    case 'text':
      return isFolded ? (
        <Folded label={firstLine(part.content)} note={counted(part.content.split(/\s+/).length, 'word')}>
          {part.content}
        </Folded>
      ) : (
        <Words text={part.content} isModel={isModel} />
      );
    case 'refusal':
      return <p class="failed">{part.content}</p>;
    case 'reasoning':
      return (
        <Folded label="Reasoning" note={counted(part.content.length, 'character')}>
          {part.content}
        </Folded>
      );
    case 'blob':
      return <Blob part={part} />;
    case 'uri':
      return (
        <p class="not-loaded">
          <Icon name="image" /> <span class="mono">{part.uri}</span>
          <small>Not loaded: the page loads nothing from elsewhere</small>
        </p>
      );
    case 'file':
      return <p class="mono">file {part.file_id}</p>;
    default:
      return (
        <div class="result">
          <Json value={part} />
        </div>
      );
  }
}

const LONG_TEXT = 20_000;
const FIRST_CHARACTERS = 4_000;

/** Words as they came, or, where a model wrote them, its Markdown. Markdown loads when it is first needed. */
function Words({ text, isModel }: { readonly text: string; readonly isModel: boolean }): JSX.Element {
  const [isWhole, setWhole] = useState(text.length <= LONG_TEXT);
  const [View, setView] = useState<typeof import('./markdown.tsx')['Markdown']>();
  const shown = isWhole ? text : text.slice(0, FIRST_CHARACTERS);
  useEffect(() => {
    if (isModel) import('./markdown.tsx').then(({ Markdown }) => setView(() => Markdown)).catch(() => {});
  }, [isModel]);
  return (
    <>
      {View ? <View text={shown} /> : <p class="plain">{shown}</p>}
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
  readonly note: string;
  readonly children: ComponentChildren;
}

function Folded({ label, note, children }: FoldedProps): JSX.Element {
  return (
    <details class="folded">
      <summary>
        <span class="cut">{label}</span>
        <small>{note}</small>
      </summary>
      <p class="plain">{children}</p>
    </details>
  );
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]?.slice(0, 200) ?? '';
}

/** Only bytes that came with the message are drawn, from a `blob:` address. SVG can act, and stays a file. */
function Blob({ part }: { readonly part: Extract<Part, { type: 'blob' }> }): JSX.Element {
  const { mime_type: type = 'application/octet-stream', content } = part;
  const size = Math.floor((content.length * 3) / 4);
  const isDrawn = /^image\/(png|jpeg|gif|webp)$/.test(type);
  const [address, setAddress] = useState<string>();
  useEffect(() => {
    if (!isDrawn) return undefined;
    const made = URL.createObjectURL(new window.Blob([bytesOf(content)], { type }));
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [content]);
  return (
    <figure class="blob">
      {isDrawn && address && <img src={address} alt={`${type}, sent with the message`} />}
      <figcaption>
        {type}, {bytes(size)}, inline
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

function CallView({
  call: { call, response, duration: seconds, error },
}: {
  readonly call: TranscriptCall;
}): JSX.Element {
  return (
    <section class="call">
      <header>
        <b>{call.name}</b> <span class="arguments">{argumentsText(call.arguments)}</span>
        <small>
          {error === undefined ? (
            seconds !== undefined && duration(seconds)
          ) : (
            <em>failed{seconds !== undefined && ` after ${duration(seconds)}`}</em>
          )}
        </small>
      </header>
      {response === undefined ? (
        <p class="dim">{error ?? 'no result was sent back'}</p>
      ) : (
        <div class="result">{shortText(response) ?? <Json value={parsed(response)} />}</div>
      )}
    </section>
  );
}

const ONE_LINE = 96;

/** A result that fits in one line is shown as one. */
function shortText(value: unknown): string | undefined {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length <= ONE_LINE && !text.includes('\n') ? text : undefined;
}

/** `city: "Lisbon", day: "Saturday"`, as in a signature. */
function argumentsText(value: unknown): string {
  const args = parsed(value);
  if (typeof args !== 'object' || args === null || Array.isArray(args))
    return args === undefined ? '' : JSON.stringify(args);
  return Object.entries(args)
    .map(([name, each]) => `${name}: ${JSON.stringify(each)}`)
    .join(', ');
}
