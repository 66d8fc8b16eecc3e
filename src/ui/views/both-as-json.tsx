import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { Json } from '../parts/json.tsx';
import type { usePayload } from './payload-data.ts';

type Request = NonNullable<ReturnType<typeof usePayload>['payload']>['request'];

export interface SideData {
  readonly name: string;
  readonly request: Request;
  /** Paths that a refusal complains of. */
  readonly complained: ReadonlySet<string>;
  readonly isLoading: boolean;
}

/** Values that only one of the two carries are tinted. */
export function BothAsJson({ left, right }: { readonly left: SideData; readonly right: SideData }): JSX.Element {
  const inLeft = useMemo(() => scalarsOf(left.request?.body), [left.request]);
  const inRight = useMemo(() => scalarsOf(right.request?.body), [right.request]);
  return (
    <div class="both">
      {(
        [
          [left, inRight],
          [right, inLeft],
        ] as const
      ).map(([side, elsewhere], index) => (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by key
        <section key={index} aria-label={side.name} tabIndex={0}>
          {side.request ? (
            <Json
              value={side.request.body}
              marked={side.complained}
              tint={(_, value) =>
                isScalar(value) && !elsewhere.has(String(value)) ? (index ? 'only' : 'gone') : undefined
              }
            />
          ) : (
            <p class="dim">{side.isLoading ? '' : 'This destination takes no record of such an interaction.'}</p>
          )}
        </section>
      ))}
    </div>
  );
}

function isScalar(value: unknown): boolean {
  return value !== null && value !== '' && typeof value !== 'object';
}

function scalarsOf(body: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  const open: unknown[] = [body];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next !== null && typeof next === 'object') {
      for (const each of Object.values(next)) if (each !== undefined && each !== null) open.push(each);
    } else found.add(String(next));
  }
  return found;
}
