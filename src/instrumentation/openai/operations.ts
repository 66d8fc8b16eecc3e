import { observeChat } from './chat.ts';
import type { Operation } from './observer.ts';
import { assistantOperations } from './runs.ts';

/** Every leaf method that is watched. A new method of the SDK is a row, and a reader if its shape is new. */
export const operations: readonly Operation[] = [
  { path: 'chat.completions.create', observe: observeChat },
  ...assistantOperations,
];
