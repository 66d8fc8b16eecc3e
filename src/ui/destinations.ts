import { computed, signal } from '@preact/signals';
import type { Destination } from '../gateway/api/routes.ts';
import { api } from './api.ts';
import { onLive } from './live.ts';

/** All destinations of the gateway, in its order. Loaded once, and again when a delivery changed. */
export const destinations = signal<readonly Destination[]>([]);
export const configured = computed(() => destinations.value.filter(({ isConfigured }) => isConfigured));
export const deadLetters = computed(() => destinations.value.reduce((sum, { counts }) => sum + (counts.dead ?? 0), 0));

export async function loadDestinations(): Promise<void> {
  const { items } = await api.listDestinations();
  destinations.value = items;
}

const RELOAD_MILLIS = 1_000;

/** Deliveries change in bursts: they are counted anew once a second at most. */
export function followDestinations(): () => void {
  let timer: number | undefined;
  const reload = (): void => {
    if (timer !== undefined) return;
    timer = window.setTimeout(() => {
      timer = undefined;
      loadDestinations().catch(() => {});
    }, RELOAD_MILLIS);
  };
  return onLive({ deliveries: reload, resync: reload });
}
