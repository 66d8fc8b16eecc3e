import type { JSX } from 'preact';

const HEIGHT = 16;

interface SparklineProps {
  readonly width: number;
  /** Values per bucket of time, the lowest in a bar first. A class is that of a colour. */
  readonly series: readonly { readonly values: readonly number[]; readonly className?: string }[];
  readonly label?: string | undefined;
}

/** Bars over time in the height of a line. An empty bucket keeps a hairline, so that the time can be seen. */
export function Sparkline({ width, series, label }: SparklineProps): JSX.Element {
  const length = Math.max(1, ...series.map(({ values }) => values.length));
  const step = width / length;
  const bar = Math.max(1, step - 0.6);
  const base = new Array<number>(length).fill(0);
  const totals = base.map((_, at) => series.reduce((sum, { values }) => sum + (values[at] ?? 0), 0));
  const most = Math.max(1, ...totals);
  return (
    <svg
      class="sparkline"
      width={width}
      height={HEIGHT}
      {...(label === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label })}
    >
      {series.map(({ values, className }, index) => (
        <path
          key={index}
          class={className}
          d={values
            .map((value, at) => {
              const isLine = index === 0 && totals[at] === 0;
              if (value === 0 && !isLine) return '';
              const height = isLine ? 0.5 : Math.max(1.5, (value / most) * HEIGHT);
              const top = Math.max(0, HEIGHT - height - (base[at] ?? 0));
              base[at] = (base[at] ?? 0) + height;
              return `M${(at * step).toFixed(1)} ${top.toFixed(1)}h${bar.toFixed(1)}v${height.toFixed(1)}h-${bar.toFixed(1)}z`;
            })
            .join('')}
        />
      ))}
    </svg>
  );
}
