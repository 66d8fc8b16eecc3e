import { observeInference } from './inference.ts';
import type { Operation } from './observer.ts';
import { assistantOperations } from './runs.ts';
import { chat, completion } from './shapes/chat.ts';

/** Every leaf method that is watched. A new method of the SDK is a row, and a reader if its shape is new. */
export const operations: readonly Operation[] = [
  { path: 'chat.completions.create', observe: observeInference(chat) },
  { path: 'completions.create', observe: observeInference(completion) },
  ...assistantOperations,
];
