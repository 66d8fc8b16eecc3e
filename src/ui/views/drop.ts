import { useEffect, useRef, useState } from 'preact/hooks';
import { loadDestinations } from '../destinations.ts';
import { messageOf } from '../text.ts';

const UNDO_MILLIS = 10_000;

export interface Drop {
  readonly isPending: boolean;
  start(): void;
  undo(): void;
}

/** Dead letters are deleted once the time to undo is over, or the page is left. */
export function useDrop(work: () => Promise<unknown>, onProblem: (message: string) => void): Drop {
  const [isPending, setPending] = useState(false);
  const timer = useRef<number | undefined>(undefined);
  const now = async (): Promise<void> => {
    timer.current = undefined;
    try {
      await work();
      await loadDestinations();
    } finally {
      setPending(false);
    }
  };
  useEffect(
    () => () => {
      if (timer.current === undefined) return;
      window.clearTimeout(timer.current);
      now().catch(() => {});
    },
    [],
  );
  return {
    isPending,
    start: () => {
      setPending(true);
      timer.current = window.setTimeout(
        () => now().catch((error: unknown) => onProblem(messageOf(error))),
        UNDO_MILLIS,
      );
    },
    undo: () => {
      window.clearTimeout(timer.current);
      timer.current = undefined;
      setPending(false);
    },
  };
}
