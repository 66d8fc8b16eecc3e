import type { JSX } from 'preact';

/** Drawings of 16 px with a line of 1.4. They are ornaments: text next to them says what they stand for. */
const drawings = {
  chat: <path d="M2.5 3.5h11v7.5h-6l-3 2.5v-2.5h-2z" />,
  run: <path d="M13.2 6.2A5.6 5.6 0 1 0 13.6 8M13.6 2.8v3.6H10" />,
  tool: (
    <path d="M6 2.5c-2.4 0-1.6 2.1-1.6 3.4S3.7 8 2.6 8c1.1 0 1.8.8 1.8 2.1s-.8 3.4 1.6 3.4M10 2.5c2.4 0 1.6 2.1 1.6 3.4s.7 2.1 1.8 2.1c-1.1 0-1.8.8-1.8 2.1s.8 3.4-1.6 3.4" />
  ),
  embeddings: (
    <path d="M4 4h.01M8 4h.01M12 4h.01M4 8h.01M8 8h.01M12 8h.01M4 12h.01M8 12h.01M12 12h.01" stroke-width="2.4" />
  ),
  http: <path d="M2.5 5.5h10m-3-3 3 3-3 3M13.5 11h-10m3-2.5-3 2.5 3 2.5" />,
  retrieval: (
    <path d="M3 4c0-1 2.2-1.9 5-1.9S13 3 13 4s-2.2 1.9-5 1.9S3 5 3 4v8c0 1 2.2 1.9 5 1.9s5-.9 5-1.9V4M3 8c0 1 2.2 1.9 5 1.9S13 9 13 8" />
  ),
  span: <path d="M2.5 8h11" />,
  search: <path d="M7 2.7a4.3 4.3 0 1 1 0 8.6 4.3 4.3 0 0 1 0-8.6m3.3 7.6 3.2 3.2" />,
  right: <path d="m6 3.5 4.5 4.5L6 12.5" />,
  down: <path d="m3.5 6 4.5 4.5L12.5 6" />,
  close: <path d="m4 4 8 8m0-8-8 8" />,
  copy: <path d="M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z" />,
  out: <path d="M9 2.5h4.5V7M13.5 2.5l-6 6M11 9.5v4H2.5V5h4" />,
  download: <path d="M8 2.5v7.5m-3.3-3L8 10.3 11.3 7M2.5 13.5h11" />,
  sun: (
    <path d="M8 5.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6M8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M3.4 12.6l1-1M11.6 4.4l1-1" />
  ),
  moon: <path d="M13 9.8A5.5 5.5 0 1 1 6.2 3a4.6 4.6 0 0 0 6.8 6.8z" />,
  up: (
    <path d="M5.5 7.2 8 2.3c1 0 1.7.8 1.5 1.8L9.2 6.2h3a1.3 1.3 0 0 1 1.3 1.6l-1 4.2a1.5 1.5 0 0 1-1.4 1.1H5.5zM5.5 7.2H2.8v5.9h2.7" />
  ),
  thumbDown: (
    <path d="M10.5 8.8 8 13.7c-1 0-1.7-.8-1.5-1.8l.3-2.1h-3a1.3 1.3 0 0 1-1.3-1.6l1-4.2A1.5 1.5 0 0 1 4.9 2.9h5.6zM10.5 8.8h2.7V2.9h-2.7" />
  ),
  columns: <path d="M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10" />,
  filter: <path d="M2.5 4h11M4.5 8h7M6.5 12h3" />,
  trace: <path d="M2.5 4h6M5 8h6M7.5 12h6" stroke-width="2" />,
  chart: <path d="M4 13V8M8 13V3M12 13V6" stroke-width="2" />,
  link: (
    <path d="M6.8 9.2a2.6 2.6 0 0 0 3.7 0l2-2a2.6 2.6 0 0 0-3.7-3.7l-.9.9M9.2 6.8a2.6 2.6 0 0 0-3.7 0l-2 2a2.6 2.6 0 0 0 3.7 3.7l.9-.9" />
  ),
  arrowUp: <path d="m3.5 10 4.5-4.5 4.5 4.5" />,
  star: <path d="m8 2 1.8 3.8 4.2.6-3 2.9.7 4.2L8 11.5l-3.7 2 .7-4.2-3-2.9 4.2-.6z" />,
  check: <path d="m3 8.5 3.3 3.3L13 5" />,
  pause: <path d="M5.5 3.5v9M10.5 3.5v9" />,
  image: <path d="M2.5 3h11v10h-11zM2.5 11l3.2-3.5 2.6 2.8 2-2 3.2 3" />,
  more: <path d="M3.5 8h.01M8 8h.01M12.5 8h.01" stroke-width="2.2" />,
  left: <path d="M10 3.5 5.5 8l4.5 4.5" />,
} as const satisfies Readonly<Record<string, JSX.Element>>;

export type IconName = keyof typeof drawings;

export function Icon({ name, size = 14 }: { readonly name: IconName; readonly size?: number }): JSX.Element {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.4"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {drawings[name]}
    </svg>
  );
}
