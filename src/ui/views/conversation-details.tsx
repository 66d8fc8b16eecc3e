import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Span } from '../../gateway/api/routes.ts';
import { api } from '../api.ts';
import { clock, counted, duration, moment } from '../format.ts';
import { useCommands } from '../keyboard.ts';
import { onAnswer } from '../on-answer.ts';
import { Icon } from '../parts/icon.tsx';
import { JsonWithSearch } from '../parts/json.tsx';
import { readable } from '../parts/json-lines.ts';
import { OutcomeMark } from '../parts/mark.tsx';
import { Safe } from '../parts/safe-text.tsx';
import { type TracePlace, traceAddress } from '../places.ts';
import { command, moved, rowCommands } from '../shortcuts.ts';
import { oneLine } from '../text.ts';
import type { ConversationRow, Turn } from './transcript.ts';
import { turnRowsOf } from './turn-rows.ts';

/** Everything that was recorded: for each interaction the attributes, events and resource of its span. */
export function DetailsLayer({ turns }: { readonly turns: readonly Turn[] }): JSX.Element {
  const [shown, setShown] = useState(200);
  const rows = useMemo(() => turnRowsOf(turns, []), [turns]);
  const list = useRef<HTMLDivElement>(null);
  const move = (step: number): void => {
    const heads = [...(list.current?.querySelectorAll('summary') ?? [])];
    const at = heads.findIndex((head) => head.contains(document.activeElement));
    moved(heads, at, step)?.focus();
  };
  useCommands([
    ...rowCommands('interaction', move),
    command('o', 'Fold or unfold', 'View', () => {
      if (document.activeElement instanceof HTMLElement && list.current?.contains(document.activeElement))
        document.activeElement.closest('details')?.querySelector('summary')?.click();
    }),
  ]);
  return (
    <div class="details" ref={list}>
      {rows
        .slice(0, shown)
        .map(
          ({ row, text, isFirst }, index) =>
            row && (
              <OneInteraction
                key={row.id}
                row={row}
                text={(isFirst && oneLine(row.title)) || text}
                isOpenAtFirst={index === rows.length - 1}
              />
            ),
        )}
      {rows.length > shown && (
        <button type="button" class="button" onClick={() => setShown(shown + 500)}>
          Show more of {counted(rows.length, 'interaction')}
        </button>
      )}
    </div>
  );
}

interface OneProps {
  readonly row: ConversationRow;
  readonly text: string;
  readonly isOpenAtFirst: boolean;
}

function OneInteraction({ row, text, isOpenAtFirst }: OneProps): JSX.Element {
  const [isOpen, setOpen] = useState(isOpenAtFirst);
  return (
    <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <Icon name="right" size={11} />
        <OutcomeMark status={row.status} />
        <b class="cut">
          <Safe text={row.name} />
        </b>
        <span class="cut dim">
          <Safe text={text} />
        </span>
        <small title={moment(row.startTime)}>
          {clock(row.startTime)}, {duration(row.duration)}
        </small>
      </summary>
      {isOpen && <Recorded row={row} />}
    </details>
  );
}

/** The span is read when it is looked at: of what a vendor's client wrote there is none. */
function Recorded({ row }: { readonly row: ConversationRow }): JSX.Element {
  const span = useSpan(row);
  const value = span
    ? {
        attributes: readable(span.attributes),
        ...(span.events.length > 0 && { events: span.events }),
        ...(span.links.length > 0 && { links: span.links }),
        resource: span.resource,
        scope: span.scope,
        status: span.status,
      }
    : row.interaction;
  const size = Object.keys(span?.attributes ?? row.interaction).length;
  return (
    <div class="recorded">
      <p class="dim">
        {span === null ? 'No span of it arrived: this is the interaction as the gateway keeps it' : 'Span'}{' '}
        <a class="link mono" href={traceAddress(row)}>
          {row.spanId}
        </a>
        , received as {row.receivedBy} {moment(row.receivedAt)}
      </p>
      <JsonWithSearch
        hasKey
        value={value}
        label="Find in attributes, events and resource"
        whole={counted(size, span ? 'attribute' : 'field')}
      />
    </div>
  );
}

/**
 * @param place without a span where nothing has to be read
 * @returns null when there is none, undefined while it is read
 */
export function useSpan({ traceId, spanId, project }: TracePlace): Span | null | undefined {
  const [read, setRead] = useState<{ readonly key: string; readonly span: Span | null }>();
  const key = `${project} ${traceId} ${spanId}`;
  useEffect(() => {
    if (spanId === undefined) return undefined;
    return onAnswer(
      api.getTrace({ params: { traceId }, query: { span: spanId, project } }),
      ({ items }) => setRead({ key, span: items.find((each) => each.spanId === spanId) ?? null }),
      () => setRead({ key, span: null }),
    );
  }, [key]);
  if (spanId === undefined) return null;
  // The last one stays until the next has arrived: it is not the one that the place names.
  return read?.key === key ? read.span : undefined;
}
