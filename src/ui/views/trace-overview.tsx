import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { SpanRow } from '../span-tree.ts';
import { isDark } from '../theme.ts';
import { kindOf } from './span-kind.ts';

/** A part of the time of a trace, in Unix milliseconds. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

interface OverviewProps {
  readonly rows: readonly SpanRow[];
  readonly whole: Window;
  readonly zoom: Window | undefined;
  onZoom(zoom: Window | undefined): void;
}

const HEIGHT = 34;
const COLOURS: Readonly<Record<string, string>> = {
  chat: '--accent-fill',
  run: '--agent-fill',
  tool: '--tool-fill',
  embeddings: '--data-fill',
  retrieval: '--data-fill',
  http: '--agent-fill',
  span: '--agent-fill',
};

/** The whole trace in a few pixels. A drag over it chooses the part that is shown below. */
export function Overview({ rows, whole, zoom, onZoom }: OverviewProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [drag, setDrag] = useState<Window>();
  const dark = isDark.value;
  useEffect(() => {
    const element = canvas.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => draw(element, rows, whole));
    observer.observe(element);
    draw(element, rows, whole);
    return () => observer.disconnect();
  }, [rows, whole.from, whole.to, dark]);
  const timeAt = (event: PointerEvent): number => {
    const box = canvas.current?.getBoundingClientRect();
    if (!box || box.width === 0) return whole.from;
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    return whole.from + share * (whole.to - whole.from);
  };
  const end = (): void => {
    if (drag) {
      const [from, to] = [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)];
      if (to - from > (whole.to - whole.from) / 200) onZoom({ from, to });
    }
    setDrag(undefined);
  };
  const marked = drag ?? zoom;
  const percent = (time: number): number => ((time - whole.from) / (whole.to - whole.from)) * 100;
  return (
    <div class="overview">
      <span class="cut">
        Whole trace. Drag to zoom,{' '}
        <button type="button" onClick={() => onZoom(undefined)} aria-label="Reset the zoom">
          <kbd>0</kbd>
        </button>{' '}
        to reset
      </span>
      <div
        class="overview-area"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag({ from: timeAt(event), to: timeAt(event) });
        }}
        onPointerMove={(event) => drag && setDrag({ from: drag.from, to: timeAt(event) })}
        onPointerUp={end}
        onPointerCancel={() => setDrag(undefined)}
      >
        <canvas ref={canvas} />
        {marked && (
          <i
            style={{
              left: `${percent(Math.min(marked.from, marked.to))}%`,
              width: `${Math.abs(percent(marked.to) - percent(marked.from))}%`,
            }}
          />
        )}
      </div>
    </div>
  );
}

function draw(canvas: HTMLCanvasElement, rows: readonly SpanRow[], whole: Window): void {
  const scale = window.devicePixelRatio || 1;
  const width = canvas.clientWidth;
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = HEIGHT * scale;
  const context = canvas.getContext('2d');
  if (!context || width === 0) return;
  context.scale(scale, scale);
  const probe = colourReader(canvas);
  const step = Math.min(2.5, (HEIGHT - 4) / Math.max(1, rows.length));
  const x = (time: number): number => ((time - whole.from) / (whole.to - whole.from)) * width;
  rows.forEach(({ span, group }, index) => {
    context.fillStyle = probe(span.status === 'error' ? '--error-mark' : group ? '--line-2' : colourOf(span, index));
    const left = x(span.startTime);
    const right = group ? x(group.at(-1)?.endTime ?? span.endTime) : x(span.endTime);
    context.fillRect(left, 2 + index * step, Math.max(1, right - left), Math.max(1, step * 0.8));
  });
}

function colourOf(span: SpanRow['span'], index: number): string {
  return index === 0 && span.parentSpanId === undefined ? '--line-2' : (COLOURS[kindOf(span)] ?? '--mark');
}

/** The value of a colour token as it is now: `light-dark()` is resolved by giving it to an element. */
function colourReader(element: HTMLElement): (token: string) => string {
  const known = new Map<string, string>();
  return (token) => {
    let colour = known.get(token);
    if (colour === undefined) {
      element.style.color = `var(${token})`;
      colour = getComputedStyle(element).color;
      known.set(token, colour);
    }
    return colour;
  };
}
