import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { UNKNOWN } from '../format.ts';
import { Safe } from '../parts/safe-text.tsx';
import { useVirtualRows } from '../parts/virtual.ts';
import { address } from '../router.ts';
import type { Turn } from './transcript.ts';

interface OutlineProps {
  readonly turns: readonly Turn[];
  /** On narrow screens it is opened by a key. */
  readonly isOpen: boolean;
  onToggle(): void;
}

const ROW = 28;

/** The turns, each with its first words and how long it took. */
export function Outline({ turns, isOpen, onToggle }: OutlineProps): JSX.Element {
  const scroller = useRef<HTMLElement>(null);
  const virtual = useVirtualRows(scroller, { count: turns.length, estimateSize: () => ROW });
  const longest = Math.max(0.001, ...turns.map(secondsOf));
  const current = Number(/^turn-(\d+)/.exec(address.value.fragment)?.[1] ?? 1);
  return (
    <nav class={isOpen ? 'outline open' : 'outline'} aria-label="Turns" ref={scroller}>
      <div style={{ height: `${virtual.height}px`, position: 'relative' }}>
        {virtual.items.map(({ index, start }) => {
          const turn = turns[index];
          if (!turn) return null;
          const hasFailed = turn.rows.some(({ status }) => status === 'error') || turn.messages.some(hasFailedCall);
          return (
            <a
              key={turn.number}
              href={`#turn-${turn.number}`}
              style={{ transform: `translateY(${start}px)` }}
              aria-current={turn.number === current ? 'true' : undefined}
              onClick={() => isOpen && onToggle()}
            >
              <span class="number">{turn.number}</span>
              <span class="cut">
                <Safe text={turn.title || UNKNOWN} />
              </span>
              <span class="share">
                <i
                  class={hasFailed ? 'bad' : undefined}
                  style={{ width: `${Math.max(5, (secondsOf(turn) / longest) * 100)}%` }}
                />
              </span>
              {hasFailed && <span class="spoken">with an error</span>}
            </a>
          );
        })}
      </div>
    </nav>
  );
}

function hasFailedCall({ calls }: Turn['messages'][number]): boolean {
  return calls.some(({ error }) => error !== undefined);
}

function secondsOf({ rows }: Turn): number {
  const first = rows[0];
  const last = rows.at(-1);
  return first && last ? (last.endTime - first.startTime) / 1_000 : 0;
}
