import type { JSX } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';
import { tickLabel, ticksOf } from '../ticks.ts';
import './time-axis.css';

export interface Tick {
  readonly label: string;
  readonly left: string;
  /** From the end of the axis to the next tick: the label has room up to there. */
  readonly right: string;
}

/** Wide enough for `18 m 04 s`. */
const LABEL = 56;

/** As many round times as there is room for their labels. @param from as `to`, in milliseconds since the axis began */
export function useTicks(axis: { readonly current: HTMLElement | null }, from: number, to: number): readonly Tick[] {
  const [most, setMost] = useState(8);
  useLayoutEffect(() => {
    const element = axis.current;
    if (!element) return undefined;
    const measure = (): void => setMost(Math.min(8, Math.max(2, Math.floor(element.clientWidth / LABEL))));
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);
  const times = ticksOf(from, to, most);
  const percent = (time: number): number => ((time - from) / (to - from)) * 100;
  const step = (times[1] ?? to) - (times[0] ?? from);
  return times.map((time, index) => ({
    label: tickLabel(time, step),
    left: `${percent(time)}%`,
    right: `${100 - percent(times[index + 1] ?? to)}%`,
  }));
}

export function TimeAxis({ ticks }: { readonly ticks: readonly Tick[] }): JSX.Element {
  return (
    <>
      {ticks.map(({ label, left, right }) => (
        <i key={left} class="axis-label" style={{ left, right }}>
          {label}
        </i>
      ))}
    </>
  );
}

/** The ticks go on below their axis, but for the one at its beginning. */
export function TimeLines({ ticks }: { readonly ticks: readonly Tick[] }): JSX.Element {
  return <>{ticks.map(({ left }) => left !== '0%' && <i key={left} class="axis-line" style={{ left }} />)}</>;
}
