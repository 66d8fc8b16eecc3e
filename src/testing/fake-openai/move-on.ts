import type { Clockwork } from './context.ts';

/** Something stored that goes through states: a run, a background response. */
export interface Moving {
  status(): string;
  /** Lets the next event happen; false when nothing more happens by itself. */
  happen(): boolean;
  /** When the status last changed, Unix ms. */
  readonly changed: { changedAt: number };
}

/** Moves on each time it is read: by one status (`poll`), or by as many as the time allows. */
export function moveOn(moving: Moving, clock: Clockwork): void {
  if (clock.advance === 'poll') {
    toNextStatus(moving);
    return;
  }
  const { changed } = moving;
  for (let since = changed.changedAt; clock.millis() - since >= clock.advance; since += clock.advance) {
    const before = moving.status();
    toNextStatus(moving);
    if (moving.status() === before) return;
    changed.changedAt = since + clock.advance;
  }
}

export function toNextStatus(moving: Moving): void {
  const before = moving.status();
  while (moving.status() === before && moving.happen()) {
    // each event changes what is stored
  }
}
