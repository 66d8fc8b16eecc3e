import { type Signal, signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { clock, day } from '../format.ts';
import { now } from '../time.ts';
import { clockTicks } from '../time-ticks.ts';
import './chart.css';

export interface Series {
  readonly label: string;
  /** A custom property, such as `--accent-fill`. */
  readonly color: string;
  /** One value per bucket; null where nothing was measured. */
  readonly values: readonly (number | null)[];
  /** A line on its own; without it, a bar on top of the ones before it. */
  readonly line?: 'solid' | 'dashed' | 'dotted';
}

/** The time that all charts of a page share. */
export interface Buckets {
  readonly start: number;
  readonly bucketMillis: number;
  readonly count: number;
}

export interface ChartProps {
  readonly title: string;
  readonly subtitle: string;
  /** The list behind the numbers of the subtitle. */
  readonly href: string;
  readonly buckets: Buckets;
  readonly series: readonly Series[];
  /** Only whole numbers stand on the axis. */
  readonly isWhole?: boolean;
  write(value: number): string;
}

/** The bucket under the pointer: one crosshair over all charts. */
const hovered = signal<number | undefined>(undefined);
/** The buckets that were dragged over. */
export const chosen: Signal<{ readonly from: number; readonly to: number } | undefined> = signal(undefined);

const HEIGHT = 188;
const LEFT = 58;
const TOP = 8;
const BOTTOM = 22;
const PLOT = HEIGHT - TOP - BOTTOM;

/** Bars or lines over time. Dragging selects a time; the table below the charts has the same figures as text. */
export function Chart(props: ChartProps): JSX.Element {
  const { title, subtitle, href, buckets, series, write, isWhole = false } = props;
  const holder = useRef<HTMLDivElement>(null);
  const width = useWidth(holder);
  const highestValue = highest(series);
  const top = isWhole ? Math.ceil(niceTop(Math.max(highestValue, 4)) / 4) * 4 : niceTop(highestValue);
  return (
    <figure class="chart">
      <figcaption>
        <b>{title}</b>
        <a class="dim" href={href}>
          {subtitle}
        </a>
        <Legend series={series} />
      </figcaption>
      <div class="plot" ref={holder}>
        {width > 0 && (
          <svg width={width} height={HEIGHT} role="img" aria-label={`${title} over time: ${subtitle}`}>
            <Axes width={width} top={top} write={write} buckets={buckets} />
            <Chosen width={width} buckets={buckets} />
            <Shapes series={series} width={width} top={top} buckets={buckets} />
            <Crosshair width={width} buckets={buckets} />
          </svg>
        )}
        {width > 0 && <PointerArea {...props} width={width} />}
      </div>
    </figure>
  );
}

function useWidth(holder: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = holder.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    setWidth(element.clientWidth);
    return () => observer.disconnect();
  }, []);
  return width;
}

function Legend({ series }: { readonly series: readonly Series[] }): JSX.Element {
  return (
    <ul class="chart-legend">
      {series.map(({ label, color, line }) => (
        <li key={label}>
          <i class={line ?? 'bar'} style={{ '--color': `var(${color})` }} />
          <span class="cut">{label}</span>
        </li>
      ))}
    </ul>
  );
}

function highest(series: readonly Series[]): number {
  const length = Math.max(0, ...series.map(({ values }) => values.length));
  let most = 0;
  for (let at = 0; at < length; at += 1) {
    let stack = 0;
    for (const { values, line } of series) {
      const value = values[at] ?? 0;
      if (line) most = Math.max(most, value);
      else stack += value;
    }
    most = Math.max(most, stack);
  }
  return most;
}

/** A round number above the highest value, that four steps divide well. */
function niceTop(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value / 4));
  const step = [1, 2, 3, 4, 5, 10].find((each) => each * power * 4 >= value) ?? 10;
  return step * power * 4;
}

const x = (share: number, width: number): number => LEFT + share * (width - LEFT);
const y = (share: number): number => TOP + (1 - share) * PLOT;

interface AxesProps {
  readonly width: number;
  readonly top: number;
  readonly buckets: Buckets;
  write(value: number): string;
}

const TICK_WIDTH = 60;

function Axes({ width, top, buckets, write }: AxesProps): JSX.Element {
  const length = buckets.bucketMillis * buckets.count;
  const most = Math.max(2, Math.floor((width - LEFT) / TICK_WIDTH));
  return (
    <g class="axes">
      {[0, 0.25, 0.5, 0.75, 1].map((share) => (
        <g key={share}>
          <path d={`M${LEFT} ${y(share)}H${width}`} class={share === 0 ? 'base' : ''} />
          <text x={LEFT - 10} y={y(share) + 4} text-anchor="end">
            {write(share * top)}
          </text>
        </g>
      ))}
      {clockTicks(buckets.start, length, most, now.value).map(({ at, share, label }) => {
        const left = x(share, width);
        return (
          // Near the right edge a label would be cut off.
          left < width - 0.6 * TICK_WIDTH && (
            <g key={at}>
              <path d={`M${left} ${y(0)}v4`} class="base" />
              <text x={left + 4} y={HEIGHT - 6}>
                {label}
              </text>
            </g>
          )
        );
      })}
    </g>
  );
}

interface ShapesProps {
  readonly series: readonly Series[];
  readonly width: number;
  readonly top: number;
  readonly buckets: Buckets;
}

function Shapes({ series, width, top, buckets }: ShapesProps): JSX.Element {
  const stack = new Array<number>(buckets.count).fill(0);
  const step = (width - LEFT) / buckets.count;
  // Bars stack upwards. Of lines the first is drawn last: the highest percentile covers the others where they are equal.
  // A dashed line is drawn over it, so that both can be seen there.
  const order = ({ line }: Series): number => (line === 'dashed' ? 1 : 0);
  const drawn = series.some(({ line }) => line) ? series.toReversed().sort((a, b) => order(a) - order(b)) : series;
  return (
    <>
      {drawn.map(({ label, color, values, line }) => {
        const style = { '--color': `var(${color})` };
        if (line) return <path key={label} class={`line ${line}`} style={style} d={linePath(values, step, top)} />;
        return <path key={label} class="bar" style={style} d={barPath(values, stack, step, top)} />;
      })}
    </>
  );
}

/** A value between two gaps is a short dash: a line needs two points. */
function linePath(values: readonly (number | null)[], step: number, top: number): string {
  let path = '';
  values.forEach((value, at) => {
    if (value === null) return;
    const hasBefore = at > 0 && values[at - 1] !== null;
    const middle = LEFT + (at + 0.5) * step;
    const height = y(value / top).toFixed(1);
    if (hasBefore) path += `L${middle.toFixed(1)} ${height}`;
    else if (values[at + 1] === null || at + 1 === values.length) {
      path += `M${(middle - Math.min(3, step / 2)).toFixed(1)} ${height}h${Math.min(6, step).toFixed(1)}`;
    } else path += `M${middle.toFixed(1)} ${height}`;
  });
  return path;
}

function barPath(values: readonly (number | null)[], stack: number[], step: number, top: number): string {
  const width = Math.max(1, step - 1);
  let path = '';
  values.forEach((value, at) => {
    if (!value) return;
    const below = stack[at] ?? 0;
    stack[at] = below + value;
    const height = (value / top) * PLOT;
    path += `M${(LEFT + at * step).toFixed(1)} ${y((below + value) / top).toFixed(1)}h${width.toFixed(1)}v${height.toFixed(1)}h-${width.toFixed(1)}z`;
  });
  return path;
}

interface AreaProps {
  readonly width: number;
  readonly buckets: Buckets;
}

function Crosshair({ width, buckets }: AreaProps): JSX.Element | null {
  const at = hovered.value;
  if (at === undefined) return null;
  const middle = x((at + 0.5) / buckets.count, width);
  return <path class="crosshair" d={`M${middle} ${TOP}V${y(0)}`} />;
}

function Chosen({ width, buckets }: AreaProps): JSX.Element | null {
  const range = chosen.value;
  if (!range) return null;
  const from = x(range.from / buckets.count, width);
  return <rect class="chosen" x={from} y={TOP} width={x((range.to + 1) / buckets.count, width) - from} height={PLOT} />;
}

/** Follows the pointer, and names the figures of the bucket below it. */
function PointerArea({ buckets, series, width, write }: ChartProps & { readonly width: number }): JSX.Element {
  const [isOver, setOver] = useState(false);
  const from = useRef<number | undefined>(undefined);
  const bucketAt = (event: PointerEvent & { readonly currentTarget: HTMLElement }): number => {
    const { left, width: room } = event.currentTarget.getBoundingClientRect();
    return Math.min(buckets.count - 1, Math.max(0, Math.floor(((event.clientX - left) / room) * buckets.count)));
  };
  const at = hovered.value;
  return (
    <div
      class="pointer-area"
      style={{ left: `${LEFT}px` }}
      aria-hidden="true"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        from.current = bucketAt(event);
        chosen.value = undefined;
      }}
      onPointerMove={(event) => {
        setOver(true);
        hovered.value = bucketAt(event);
        const start = from.current;
        if (start !== undefined && start !== hovered.value)
          chosen.value = { from: Math.min(start, hovered.value), to: Math.max(start, hovered.value) };
      }}
      // Also when the browser takes the pointer to scroll.
      onLostPointerCapture={() => {
        from.current = undefined;
      }}
      onPointerLeave={() => {
        setOver(false);
        hovered.value = undefined;
      }}
    >
      {isOver && at !== undefined && <Figures at={at} buckets={buckets} series={series} width={width} write={write} />}
    </div>
  );
}

interface FiguresProps {
  readonly at: number;
  readonly buckets: Buckets;
  readonly series: readonly Series[];
  readonly width: number;
  write(value: number): string;
}

function Figures({ at, buckets, series, width, write }: FiguresProps): JSX.Element {
  const start = buckets.start + at * buckets.bucketMillis;
  const middle = x((at + 0.5) / buckets.count, width) - LEFT;
  const isRight = middle > (width - LEFT) / 2;
  return (
    <dl
      class="figures-at floating"
      style={isRight ? { right: `${width - LEFT - middle + 8}px` } : { left: `${middle + 8}px` }}
    >
      <dt class="dim">
        {day(start, now.value)}, {clock(start).slice(0, 5)}
      </dt>
      {series.map(({ label, color, values, line }) => {
        const value = values[at];
        if (value === null || value === undefined || (!line && value === 0)) return null;
        return (
          <dd key={label}>
            <i class={line ?? 'bar'} style={{ '--color': `var(${color})` }} />
            <span class="cut">{label}</span>
            <b>{write(value)}</b>
          </dd>
        );
      })}
    </dl>
  );
}
