import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Answer } from '../../gateway/api/routes.ts';
import { clock, counted } from '../format.ts';
import { go, withQuery } from '../router.ts';
import { now } from '../time.ts';
import { clockTicks } from '../time-ticks.ts';
import { timeline } from './conversation-list.ts';

const HEIGHT = 26;

interface Drag {
  readonly from: number;
  readonly to: number;
}

/**
 * Interactions per bucket of time, errors red at the foot. Square-root heights, so that one busy minute hides no night.
 * Dragging over it selects that time; the same is in the menu of times, for keyboards.
 */
export function TimeStrip(): JSX.Element {
  const strip = timeline.value;
  const [drag, setDrag] = useState<Drag>();
  const shareAt = (event: PointerEvent & { readonly currentTarget: HTMLElement }): number => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - left) / width));
  };
  const end = (): void => {
    if (strip && drag && Math.abs(drag.to - drag.from) > 0.005) selectTime(strip, drag);
    setDrag(undefined);
  };
  return (
    <div class="time-strip">
      <div
        class="bars"
        aria-hidden="true"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          const share = shareAt(event);
          setDrag({ from: share, to: share });
        }}
        onPointerMove={(event) => drag && setDrag({ from: drag.from, to: shareAt(event) })}
        onPointerUp={end}
        onPointerCancel={() => setDrag(undefined)}
      >
        <Bars strip={strip} />
        {drag && (
          <u
            style={{ left: `${Math.min(drag.from, drag.to) * 100}%`, width: `${Math.abs(drag.to - drag.from) * 100}%` }}
          />
        )}
      </div>
      <div class="ticks" aria-hidden="true">
        {strip &&
          clockTicks(strip.start, strip.bucketMillis * strip.interactions.length, 13, now.value).map(
            ({ at, share, label }) =>
              // Near the right edge a label would be cut off.
              share < 0.965 && (
                <span key={at} style={{ left: `${share * 100}%` }}>
                  {label}
                </span>
              ),
          )}
      </div>
    </div>
  );
}

function selectTime({ start, bucketMillis, interactions }: Answer<'timeline'>, { from, to }: Drag): void {
  const length = bucketMillis * interactions.length;
  const at = (share: number): string => String(Math.round(start + share * length));
  go(withQuery({ since: at(Math.min(from, to)), until: at(Math.max(from, to)) }));
}

function Bars({ strip }: { readonly strip: Answer<'timeline'> | undefined }): JSX.Element {
  const buckets = strip?.interactions ?? [];
  const most = Math.max(1, ...buckets);
  const height = (value: number): number => (value === 0 ? 0 : Math.max(2, Math.sqrt(value / most) * HEIGHT));
  return (
    <>
      {buckets.map((value, index) => {
        const errors = strip?.errors[index] ?? 0;
        const at = (strip?.start ?? 0) + index * (strip?.bucketMillis ?? 0);
        return (
          <span
            key={index}
            title={value > 0 ? `${clock(at)}: ${counted(value, 'interaction')}, ${errors} failed` : undefined}
          >
            <i style={{ height: `${height(value)}px` }} />
            {errors > 0 && <b style={{ height: `${Math.max(3, height(value) / 4)}px` }} />}
          </span>
        );
      })}
    </>
  );
}
