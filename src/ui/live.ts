import { computed, effect, signal, untracked } from '@preact/signals';
import { LIVE_PATH } from '../gateway/api/paths.ts';
import type { Conversation, Delivery } from '../gateway/api/routes.ts';
import { api, isSignedOut } from './api.ts';
import { address } from './router.ts';

/** What the gateway reports while the page is open. */
export interface LiveListener {
  conversations?(items: readonly Conversation[]): void;
  deliveries?(items: readonly Delivery[]): void;
  deleted?(ids: readonly string[]): void;
  /** More changed than the stream carries, or the connection was new: load again. */
  resync?(): void;
}

export type Connection = { readonly state: 'connecting' | 'open' } | { readonly state: 'lost'; readonly since: number };

/** One stream for the whole page, whichever view looks at it. */
export const connection = signal<Connection>({ state: 'connecting' });

const listeners = new Set<LiveListener>();

/** @returns ends the subscription */
export function onLive(listener: LiveListener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Whether the view follows the gateway. */
export const isLive = computed(() => address.value.query.get('live') !== 'off');

/** Like {@link onLive}, for what a view shows: it stands still while the address says so, and is loaded again after that. */
export function followLive(listener: LiveListener): () => void {
  const before = { wasOff: false };
  return effect(() => {
    if (!isLive.value) {
      before.wasOff = true;
      return undefined;
    }
    if (before.wasOff) untracked(() => listener.resync?.());
    return onLive(listener);
  });
}

/** The id of the last event. A stream that is opened anew resumes after it. */
const last = { id: '' };

/** Opens the stream. While it is open, the browser reconnects by itself and names the last event that it saw. */
export function connect(): void {
  const stream = new EventSource(last.id === '' ? LIVE_PATH : `${LIVE_PATH}?after=${last.id}`);
  stream.addEventListener('open', () => {
    const wasLost = connection.value.state === 'lost';
    connection.value = { state: 'open' };
    // The gateway repeats neither deliveries nor what was requested in vain.
    if (wasLost) for (const listener of listeners) listener.resync?.();
  });
  stream.addEventListener('error', () => {
    if (connection.value.state !== 'lost') connection.value = { state: 'lost', since: Date.now() };
    // A refused stream is closed for good: it is opened anew, so that a gateway that was restarted is found.
    if (stream.readyState !== EventSource.CLOSED || isSignedOut.value) return;
    window.setTimeout(connect, 3_000);
    // A stream does not say why it was refused. A request says that the cookie is of an earlier start.
    api.getStatus().catch(() => {});
  });
  listenTo(stream, 'conversations', ({ items }: { items: Conversation[] }, each) => each.conversations?.(items));
  listenTo(stream, 'deliveries', ({ items }: { items: Delivery[] }, each) => each.deliveries?.(items));
  listenTo(stream, 'deleted', ({ ids }: { ids: string[] }, each) => each.deleted?.(ids));
  listenTo(stream, 'resync', (_: unknown, each) => each.resync?.());
  // The first event of a stream has an id, also where nothing has changed yet.
  listenTo(stream, 'ping', () => {});
}

function listenTo<T>(stream: EventSource, event: string, hand: (data: T, listener: LiveListener) => void): void {
  stream.addEventListener(event, (message) => {
    const { data, lastEventId } = message as MessageEvent<string>;
    last.id = lastEventId;
    const content = JSON.parse(data) as T;
    for (const listener of listeners) hand(content, listener);
  });
}
