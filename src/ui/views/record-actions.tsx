import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { api } from '../api.ts';
import { destinations, loadDestinations } from '../destinations.ts';
import { count } from '../format.ts';
import { useCommands } from '../keyboard.ts';
import { CopyLine } from '../parts/copy-line.tsx';
import { command } from '../shortcuts.ts';
import { messageOf } from '../text.ts';
import { useDrop } from './drop.ts';
import { deliveryCall, type OneProps } from './payload-data.ts';

/** Retry it, or drop it. */
export function DeadLetter({ detail, name, onChanged }: OneProps): JSX.Element {
  const [problem, setProblem] = useState<string>();
  const dead = destinations.value.find((each) => each.name === name)?.counts.dead ?? 0;
  const act = (work: () => Promise<unknown>): void => {
    work()
      .then(async () => {
        await onChanged();
        await loadDestinations();
      })
      .catch((error: unknown) => setProblem(messageOf(error)));
  };
  const record = deliveryCall({ detail, name });
  const retry = (): void => act(() => api.retryDelivery(record));
  const drop = useDrop(async () => {
    await api.dropDelivery(record);
    await onChanged();
  }, setProblem);
  useCommands([command('r', 'Retry', 'Selected', retry)]);
  if (drop.isPending) {
    return (
      <p class="actions" role="status">
        <span class="dim">Dropped.</span>
        <button type="button" class="button" onClick={drop.undo}>
          Undo
        </button>
      </p>
    );
  }
  return (
    <div class="dead-letter">
      <p class="actions">
        <button type="button" class="button main" onClick={retry}>
          Retry <kbd>R</kbd>
        </button>
        {dead > 1 && (
          <button type="button" class="button" onClick={() => act(() => api.retryDeliveries({ params: { name } }))}>
            Retry all {count(dead)}
          </button>
        )}
        <button type="button" class="button plain" onClick={drop.start}>
          Drop
        </button>
      </p>
      {problem !== undefined && <p class="failed">{problem}</p>}
      <CopyLine text={`npx spanport spool replay --destination ${name}`} />
    </div>
  );
}

/** For a destination that lost or changed the record. */
export function SendAgain({ detail, name, onChanged }: OneProps): JSX.Element {
  const [problem, setProblem] = useState<string>();
  const send = (): void => {
    api
      .retryDelivery(deliveryCall({ detail, name }))
      .then(onChanged)
      .catch((error: unknown) => setProblem(messageOf(error)));
  };
  useCommands([command('r', 'Send again', 'Selected', send)]);
  return (
    <p class="actions">
      <button type="button" class="button" onClick={send}>
        Send again <kbd>R</kbd>
      </button>
      {problem !== undefined && <span class="bad">{problem}</span>}
    </p>
  );
}
