import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type VirtualItem,
  Virtualizer,
  type VirtualizerOptions,
} from '@tanstack/virtual-core';
import { useLayoutEffect, useReducer, useState } from 'preact/hooks';

type Options = Partial<VirtualizerOptions<HTMLElement, HTMLElement>> &
  Pick<VirtualizerOptions<HTMLElement, HTMLElement>, 'count' | 'estimateSize'>;

export interface VirtualRows {
  readonly items: readonly VirtualItem[];
  /** Height of all rows together, in pixels. */
  readonly height: number;
  readonly virtualizer: Virtualizer<HTMLElement, HTMLElement>;
}

/** Renders only the rows in view, and a few around them. */
export function useVirtualRows(scroller: { readonly current: HTMLElement | null }, options: Options): VirtualRows {
  const [, render] = useReducer<number, void>((times) => times + 1, 0);
  const resolved: VirtualizerOptions<HTMLElement, HTMLElement> = {
    getScrollElement: () => scroller.current,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    overscan: 8,
    ...options,
    onChange: () => render(),
  };
  const [virtualizer] = useState(() => new Virtualizer(resolved));
  virtualizer.setOptions(resolved);
  useLayoutEffect(() => virtualizer._didMount(), [virtualizer]);
  useLayoutEffect(() => virtualizer._willUpdate());
  return { items: virtualizer.getVirtualItems(), height: virtualizer.getTotalSize(), virtualizer };
}
