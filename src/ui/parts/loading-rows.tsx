import type { JSX } from 'preact';

const widths = ['38%', '30%', '44%', '34%', '26%', '40%', '32%', '36%'];

/** Bars where rows will stand. They do not move. */
export function LoadingRows(): JSX.Element {
  return (
    <div class="loading-rows" aria-busy="true">
      {widths.map((width) => (
        <div key={width}>
          <i style={{ width }} />
        </div>
      ))}
    </div>
  );
}
