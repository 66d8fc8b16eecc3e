import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Conversation } from '../../gateway/api/routes.ts';
import { age, count, counted, duration, moment, money, UNKNOWN } from '../format.ts';
import { useKeys } from '../keyboard.ts';
import { DeliveryHeads, DeliveryStrip } from '../parts/deliveries.tsx';
import { FilterField } from '../parts/filter-field.tsx';
import { Icon } from '../parts/icon.tsx';
import { OutcomeMark } from '../parts/mark.tsx';
import { useVirtualRows } from '../parts/virtual.ts';
import { address, go, withQuery } from '../router.ts';
import { now } from '../time.ts';
import { follow, isLoading, load, loadMore, problem, rows, showWaiting, waitingRows } from './conversation-list.ts';
import { FirstRun } from './first-run.tsx';
import { TimeStrip } from './time-strip.tsx';
import './conversations.css';

const ROW = 32;
const DEFAULT_SINCE = '12h';

/** The start: all conversations, the latest first, live. */
export function ConversationsView(): JSX.Element {
  const { query } = address.value;
  const q = query.get('q') ?? '';
  const since = query.get('since') ?? DEFAULT_SINCE;
  const isLive = query.get('live') !== 'off';
  const selected = query.get('peek') ?? undefined;
  const scroller = useRef<HTMLDivElement>(null);

  const toggleLive = (): void => go(withQuery({ live: isLive ? 'off' : undefined }), { replace: true });
  useKeys({ l: toggleLive, '.': showWaiting });

  useEffect(() => {
    load({ q, since }).catch(() => {});
    if (!isLive) return undefined;
    return follow({ q, since }, () => (scroller.current?.scrollTop ?? 0) < ROW && selected === undefined);
  }, [q, since, isLive]);

  const items = rows.value;
  const isEmpty = items.length === 0 && !isLoading.value && problem.value === undefined;
  if (isEmpty && q === '' && query.get('since') === null) return <FirstRun />;
  return (
    <>
      <div class="controls">
        <FilterField q={q} problem={problem.value} />
        <button type="button" class="button" aria-pressed={isLive} onClick={toggleLive}>
          <OutcomeMark status={isLive ? 'live' : 'ok'} />
          Live <kbd>L</kbd>
        </button>
      </div>
      <Totals items={items} />
      <TimeStrip />
      <div class="list" role="grid" aria-rowcount={items.length} aria-label="Conversations">
        <Heads />
        <div class="new-rows">
          {waitingRows.value.length > 0 && (
            <button type="button" onClick={showWaiting}>
              {count(waitingRows.value.length)} new, show them
            </button>
          )}
        </div>
        <Rows items={items} scroller={scroller} onEnd={() => loadMore({ q, since })} />
        {isEmpty && <p class="empty">No conversation matches.</p>}
      </div>
    </>
  );
}

function Totals({ items }: { readonly items: readonly Conversation[] }): JSX.Element {
  let [interactions, tokens, cost, unpriced] = [0, 0, 0, 0];
  for (const row of items) {
    interactions += row.interactions;
    tokens += (row.inputTokens ?? 0) + (row.outputTokens ?? 0);
    cost += row.cost ?? 0;
    unpriced += row.unpriced;
  }
  return (
    <p class="totals">
      <span>
        <b>{count(items.length)}</b> {items.length === 1 ? 'conversation' : 'conversations'}
      </span>
      <span>
        <b>{count(interactions)}</b> interactions
      </span>
      <span>
        <b>{count(tokens)}</b> tokens
      </span>
      <span>
        <b>{money(cost)}</b> USD
      </span>
      {unpriced > 0 && <span>{count(unpriced)} without a price</span>}
    </p>
  );
}

function Heads(): JSX.Element {
  return (
    <div class="row heads" role="row">
      <span role="columnheader">
        <span class="spoken">State</span>
      </span>
      <span role="columnheader">Conversation</span>
      <span role="columnheader">Agent</span>
      <span role="columnheader">User</span>
      <span role="columnheader">Model</span>
      <span role="columnheader" class="number">
        Turns
      </span>
      <span role="columnheader" class="number">
        Tools
      </span>
      <span role="columnheader" class="number">
        Tokens
      </span>
      <span role="columnheader">USD</span>
      <span role="columnheader" class="number">
        Duration
      </span>
      <span role="columnheader">
        <span class="spoken">Feedback</span>
      </span>
      <span role="columnheader">
        <span class="spoken">Destinations</span>
        <DeliveryHeads />
      </span>
      <span role="columnheader" class="number">
        Last
      </span>
    </div>
  );
}

interface RowsProps {
  readonly items: readonly Conversation[];
  readonly scroller: { current: HTMLDivElement | null };
  onEnd(): Promise<void>;
}

function Rows({ items, scroller, onEnd }: RowsProps): JSX.Element {
  const virtual = useVirtualRows(scroller, { count: items.length, estimateSize: () => ROW });
  const last = virtual.items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (items.length > 0 && last >= items.length - 20) onEnd().catch(() => {});
  }, [last, items.length]);
  return (
    <div class="scroller" ref={scroller}>
      <div style={{ height: `${virtual.height}px`, position: 'relative' }}>
        {virtual.items.map(({ index, start }) => {
          const row = items[index];
          return row && <Row key={row.id} row={row} index={index} top={start} />;
        })}
      </div>
    </div>
  );
}

function Row({
  row,
  index,
  top,
}: {
  readonly row: Conversation;
  readonly index: number;
  readonly top: number;
}): JSX.Element {
  const tokens = (row.inputTokens ?? 0) + (row.outputTokens ?? 0);
  const [model, ...others] = row.models;
  const isCounted = row.inputTokens !== undefined || row.outputTokens !== undefined;
  return (
    <a
      class="row"
      {...({ role: 'row' } as object)}
      aria-rowindex={index + 1}
      href={`/c/${encodeURIComponent(row.id)}`}
      style={{ transform: `translateY(${top}px)` }}
    >
      <span role="gridcell">
        <OutcomeMark status={row.status} />
      </span>
      <span role="gridcell" class="title cut">
        <b>{row.title ?? UNKNOWN}</b>
        {row.status === 'error' && row.error !== undefined ? <em>{row.error}</em> : <i>{row.answer}</i>}
      </span>
      <span role="gridcell" class="cut">
        {row.agents[0]}
      </span>
      <span role="gridcell" class="cut">
        {row.users[0]}
      </span>
      <span role="gridcell" class="cut">
        {model}
        {others.length > 0 && ` +${others.length}`}
      </span>
      <span role="gridcell" class="number">
        {count(row.turns)}
      </span>
      <span role="gridcell" class="number">
        {row.tools.length > 0 ? count(row.tools.length) : ''}
      </span>
      <span role="gridcell" class="number">
        {row.isEstimated && '~'}
        {count(isCounted ? tokens : undefined)}
      </span>
      <span role="gridcell" class="money">
        <Money value={row.cost} />
      </span>
      <span role="gridcell" class="number">
        {duration(row.duration)}
      </span>
      <span role="gridcell" class="feedback">
        {row.feedback.up > 0 && <Icon name="up" />}
        {row.feedback.down > 0 && <Icon name="thumbDown" />}
        {row.feedback.up + row.feedback.down > 0 && (
          <span class="spoken">{`${counted(row.feedback.up, 'thumb')} up, ${row.feedback.down} down`}</span>
        )}
      </span>
      <span role="gridcell">
        <DeliveryStrip deliveries={row.deliveries} />
      </span>
      <span role="gridcell" class="number dim" title={moment(row.lastAt)}>
        {age(row.lastAt, now.value)}
      </span>
    </a>
  );
}

/** Aligned at the point. */
function Money({ value }: { readonly value: number | undefined }): JSX.Element {
  const [whole = UNKNOWN, decimals] = money(value).split('.');
  return (
    <>
      <span>{whole}</span>
      <span>{decimals === undefined ? '' : `.${decimals}`}</span>
    </>
  );
}
