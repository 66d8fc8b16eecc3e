import type { JSX } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { ToolSpan } from '../../gateway/api/routes.ts';
import { stripWidth } from '../destinations.ts';
import { count, duration, moment, streamed } from '../format.ts';
import { useCommands, useKeys } from '../keyboard.ts';
import { markLetters, toggleMark } from '../marked.ts';
import { DeliveryHeads } from '../parts/deliveries.tsx';
import { DeliveryLinks } from '../parts/delivery-links.tsx';
import { Icon, type IconName } from '../parts/icon.tsx';
import { OutcomeMark } from '../parts/mark.tsx';
import { MarkedBar } from '../parts/marked-bar.tsx';
import { Money } from '../parts/money.tsx';
import { Safe } from '../parts/safe-text.tsx';
import { useVirtualRows } from '../parts/virtual.ts';
import { traceAddress } from '../places.ts';
import { address, go, listPlace, withQuery } from '../router.ts';
import { command, errorCommands, nextOf, rowCommands, usePanelKey } from '../shortcuts.ts';
import { shortModel } from '../text.ts';
import { costTitle } from './cost-parts.ts';
import { InteractionPanel } from './interaction-panel.tsx';
import { compareCommand, hasDead } from './selection.ts';
import type { ConversationRow, Turn } from './transcript.ts';
import { interactionOf } from './transcript.ts';
import { type TurnRow, turnRowsOf } from './turn-rows.ts';
import './turns.css';

const ROW = 30;

interface TurnsProps {
  readonly turns: readonly Turn[];
  readonly tools: readonly ToolSpan[];
}

/** Each interaction as one row, and the tools that ran after it; its latency on one scale for the whole conversation. */
export function TurnsLayer({ turns, tools }: TurnsProps): JSX.Element {
  const rows = useMemo(() => turnRowsOf(turns, tools), [turns, tools]);
  const wanted = address.value.query.get('at') ?? undefined;
  const selected = rows.findIndex(({ id }) => id === wanted);
  const select = (row: TurnRow | undefined): void => go(withQuery({ at: row?.id }), { replace: true });
  const chats = rows.flatMap((row, index) => (row.row ? [index] : []));
  const move = (step: number): void => {
    const next = nextOf(chats, selected, step);
    if (next !== undefined) select(rows[next]);
  };
  const toError = (step: number): void => {
    const failed = chats.filter((index) => {
      const row = rows[index]?.row;
      return row && (row.status === 'error' || hasDead(row));
    });
    const next = nextOf(failed, selected, step);
    if (next !== undefined) select(rows[next]);
  };
  const row = rows[selected]?.row;
  const panelKey = usePanelKey(row?.id, rows.find((each) => each.row)?.id, (id) =>
    go(withQuery({ at: id }), { replace: true }),
  );
  useCommands([
    panelKey,
    ...rowCommands('interaction', move),
    ...errorCommands(toError),
    command('t', 'Trace', 'Selected', () => row && go(traceAddress(row))),
    command(
      'x',
      'Mark, to compare',
      'Selected',
      () => row && toggleMark({ id: row.id, project: row.project, title: rows[selected]?.text ?? row.name }),
    ),
    ...compareCommand(),
  ]);
  useKeys({
    Escape: () => (selected < 0 ? go(listPlace.href) : select(undefined)),
  });
  return (
    <div class={row ? 'with-panel' : 'without-panel'}>
      <TurnsGrid {...{ rows, selected }} onSelect={select} />
      <MarkedBar />
      {row && (
        <InteractionPanel key={row.id} row={row} place={placeOf(rows, selected)} onClose={() => select(undefined)} />
      )}
    </div>
  );
}

/** `turn 14, 1 of 2` */
function placeOf(rows: readonly TurnRow[], selected: number): string {
  const turn = rows[selected]?.turn;
  const same = rows.filter((each) => each.turn === turn && each.row);
  return `turn ${turn}${same.length > 1 ? `, ${same.findIndex(({ id }) => id === rows[selected]?.id) + 1} of ${same.length}` : ''}`;
}

interface GridProps {
  readonly rows: readonly TurnRow[];
  readonly selected: number;
  onSelect(row: TurnRow): void;
}

function TurnsGrid({ rows, selected, onSelect }: GridProps): JSX.Element {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualRows(scroller, { count: rows.length, estimateSize: () => ROW });
  useEffect(() => {
    if (selected >= 0) virtual.virtualizer.scrollToIndex(selected);
  }, [selected]);
  const longest = Math.max(0.001, ...rows.map(({ seconds }) => seconds));
  return (
    <div
      class="turns"
      role="grid"
      aria-label="Interactions"
      aria-rowcount={rows.length + 1}
      style={{ '--strip': `${stripWidth.value}px` }}
    >
      <div class="turn-row heads" role="row" aria-rowindex={1}>
        <Head name="Turn" isNumber />
        <span role="columnheader" aria-label="Operation" />
        <Head name="Text or call" />
        <Head name="Model" />
        <Head name="Input" isNumber />
        <Head name="Cached" isNumber />
        <Head name="Output" isNumber />
        <span role="columnheader">
          <span class="money">USD</span>
        </span>
        <span role="columnheader" class="legend">
          Latency
          <span class="keys">
            <i class="tint" /> first chunk <i class="fill" /> rest
          </span>
        </span>
        <span role="columnheader" aria-label="Destinations">
          <DeliveryHeads />
        </span>
      </div>
      <div class="scroller" ref={scroller}>
        <div style={{ height: `${virtual.height}px`, position: 'relative' }}>
          {virtual.items.map(({ index, start }) => {
            const row = rows[index];
            return (
              row && (
                <Row
                  key={row.id}
                  {...{ row, index, longest, onSelect }}
                  top={start}
                  isSelected={index === selected}
                  isLastOfTurn={rows[index + 1]?.turn !== row.turn}
                />
              )
            );
          })}
        </div>
      </div>
    </div>
  );
}

function Head({ name, isNumber = false }: { readonly name: string; readonly isNumber?: boolean }): JSX.Element {
  return (
    <span role="columnheader" class={isNumber ? 'number' : undefined}>
      {name}
    </span>
  );
}

interface RowProps {
  readonly row: TurnRow;
  readonly index: number;
  readonly top: number;
  readonly longest: number;
  readonly isSelected: boolean;
  readonly isLastOfTurn: boolean;
  onSelect(row: TurnRow): void;
}

function Row({ row, index, top, longest, isSelected, isLastOfTurn, onSelect }: RowProps): JSX.Element {
  const { row: interaction } = row;
  return (
    <div
      class={`turn-row${row.tools ? ' tools' : ''}${isLastOfTurn ? ' last' : ''}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      tabIndex={isSelected || (index === 0 && interaction) ? 0 : -1}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => interaction && onSelect(row)}
      onKeyDown={(event) => event.key === 'Enter' && interaction && onSelect(row)}
    >
      <span role="gridcell" class="number dim">
        <b class="row-mark">{markLetters().get(row.id)}</b>
        {row.isFirst && row.turn}
      </span>
      <span role="gridcell">{row.hasFailed ? <OutcomeMark status="error" /> : <Icon name={iconOf(row)} />}</span>
      <span role="gridcell" class="cut words" title={interaction && moment(interaction.startTime)}>
        <Safe text={row.text} />
        {interaction?.error !== undefined && (
          <em>
            {' '}
            <Safe text={interaction.error} />
          </em>
        )}
      </span>
      {interaction ? <Figures row={interaction} /> : <NoFigures />}
      <span
        role="gridcell"
        class="latency"
        title={interaction && streamed(interaction.timeToFirstChunk, interactionOf(interaction).chunkCount)}
      >
        <Latency row={row} longest={longest} />
      </span>
      <span role="gridcell">{interaction && <DeliveryLinks row={interaction} />}</span>
    </div>
  );
}

function Figures({ row }: { readonly row: ConversationRow }): JSX.Element {
  const cached = interactionOf(row).usage?.cacheReadInputTokens;
  return (
    <>
      <span role="gridcell" class="cut" title={row.model}>
        <Safe text={shortModel(row.model ?? '')} />
      </span>
      <span role="gridcell" class="number strong">
        {count(row.inputTokens)}
      </span>
      <span role="gridcell" class="number dim">
        {cached !== undefined && row.inputTokens ? `${Math.round((cached / row.inputTokens) * 100)} %` : ''}
      </span>
      <span role="gridcell" class="number strong">
        {count(row.outputTokens)}
      </span>
      <span role="gridcell" class="strong" title={costTitle(row)}>
        <Money value={row.cost} isEstimated={row.isEstimated} />
      </span>
    </>
  );
}

function NoFigures(): JSX.Element {
  return (
    <>
      <span role="gridcell" />
      <span role="gridcell" />
      <span role="gridcell" />
      <span role="gridcell" />
      <span role="gridcell" />
    </>
  );
}

function Latency({ row, longest }: { readonly row: TurnRow; readonly longest: number }): JSX.Element {
  const first = row.row?.timeToFirstChunk ?? 0;
  return (
    <>
      <span
        class={`latency-bar${row.tools ? ' tool' : ''}${row.hasFailed ? ' has-failed' : ''}`}
        style={{ width: `${(row.seconds / longest) * 60}%` }}
      >
        <i style={{ width: `${row.seconds > 0 ? (first / row.seconds) * 100 : 0}%` }} />
      </span>
      {duration(row.seconds)}
    </>
  );
}

function iconOf({ row }: TurnRow): IconName {
  if (!row) return 'tool';
  if (row.operation === 'invoke_agent') return 'run';
  return row.operation === 'embeddings' ? 'embeddings' : 'chat';
}
