import { computed, signal } from '@preact/signals';
import type { Destination } from '../gateway/api/routes.ts';
import { api } from './api.ts';
import { onLive } from './live.ts';
import { atMostEvery } from './pace.ts';
import { stripOf } from './strip.ts';

/** All destinations of the gateway, in its order. Loaded once, and again when a delivery changed. */
export const destinations = signal<readonly Destination[]>([]);
export const configured = computed(() => destinations.value.filter(({ isConfigured }) => isConfigured));

/** The columns of every strip of marks. */
export const strip = computed(() => stripOf(configured.value));
/** In pixels. */
export const stripWidth = computed(() => strip.value.shown.length * 18 + (strip.value.folded.length > 0 ? 30 : 0));

export const deadLetters = computed(() => destinations.value.reduce((sum, { counts }) => sum + (counts.dead ?? 0), 0));

export async function loadDestinations(): Promise<void> {
  const { items } = await api.listDestinations();
  destinations.value = items;
}

const RELOAD_MILLIS = 1_000;

/** Deliveries change in bursts: they are counted anew once a second at most. */
export function followDestinations(): () => void {
  const { run } = atMostEvery(RELOAD_MILLIS, loadDestinations);
  return onLive({ deliveries: run, resync: run });
}
