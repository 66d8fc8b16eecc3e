import type { JSX } from 'preact';
import type { Conversation, DeliveryState } from '../../gateway/api/routes.ts';

type Outcome = Exclude<Conversation['status'], 'ok'>;
export type MarkName = DeliveryState | Outcome;

/** Marks differ by shape before they differ by colour. What is as it should be is grey, or has no mark. */
const marks = {
  delivered: <circle cx="6" cy="6" r="2" fill="var(--mark)" />,
  coalesced: (
    <g fill="var(--mark)">
      <circle cx="3.5" cy="6" r="1.2" />
      <circle cx="7.6" cy="6" r="2" />
    </g>
  ),
  waiting: <circle cx="6" cy="6" r="3" stroke="var(--ink-2)" stroke-width="1.3" />,
  retrying: (
    <g>
      <circle cx="6" cy="6" r="3.4" stroke="var(--warn-mark)" stroke-width="1.3" />
      <path d="M6 2.6a3.4 3.4 0 0 1 0 6.8z" fill="var(--warn-mark)" />
    </g>
  ),
  dead: (
    <path d="m2.6 2.6 6.8 6.8m0-6.8-6.8 6.8" stroke="var(--error-mark)" stroke-width="1.8" stroke-linecap="round" />
  ),
  stopped: (
    <g stroke="var(--error-mark)">
      <rect x="2.2" y="2.2" width="7.6" height="7.6" rx="1" stroke-width="1.3" />
      <path d="M4.5 6h3" stroke-width="1.5" />
    </g>
  ),
  skipped: <path d="M3.5 6h5" stroke="var(--mark)" stroke-width="1.3" />,
  error: (
    <g>
      <rect x="1.5" y="1.5" width="9" height="9" rx="1.5" fill="var(--error-mark)" />
      <path d="m4 4 4 4m0-4-4 4" stroke="var(--bg)" stroke-width="1.4" stroke-linecap="round" />
    </g>
  ),
  live: (
    <g>
      <circle class="halo" cx="6" cy="6" r="5" fill="var(--accent-tint)" />
      <circle cx="6" cy="6" r="2.4" fill="var(--accent)" />
    </g>
  ),
  action: (
    <g stroke="var(--warn-mark)" stroke-width="1.3" stroke-linecap="round" stroke-linejoin="round">
      <path d="M6 1.3 11 10.2H1z" />
      <path d="M6 4.7v2.4M6 8.6v.1" />
    </g>
  ),
  cancelled: (
    <g stroke="var(--mark)" stroke-width="1.3">
      <circle cx="6" cy="6" r="4" />
      <path d="m3.3 8.7 5.4-5.4" />
    </g>
  ),
} as const satisfies Readonly<Record<string, JSX.Element>>;

/** What each state is called for people. */
export const stateWords: Readonly<Record<DeliveryState, string>> = {
  delivered: 'delivered',
  coalesced: 'delivered within a newer record',
  waiting: 'waiting',
  retrying: 'retrying',
  dead: 'dead letter',
  stopped: 'stopped',
  skipped: 'not sent, by a rule',
};

function Drawing({ name, label }: { readonly name: keyof typeof marks; readonly label?: string }): JSX.Element {
  return (
    <svg
      width="12"
      height="12"
      viewBox="0 0 12 12"
      fill="none"
      {...(label ? { role: 'img', 'aria-label': label } : { 'aria-hidden': true })}
    >
      {marks[name]}
    </svg>
  );
}

export function DeliveryMark({ state }: { readonly state: DeliveryState }): JSX.Element {
  return <Drawing name={state} />;
}

/** Of a conversation or an interaction: nothing where all is well. */
export function OutcomeMark({ status }: { readonly status: Conversation['status'] }): JSX.Element | null {
  if (status === 'ok') return null;
  return <Drawing name={status === 'stopped' ? 'cancelled' : status} label={outcomeWords[status]} />;
}

const outcomeWords: Readonly<Record<Outcome, string>> = {
  error: 'error',
  live: 'live',
  action: 'waits for your tools',
  stopped: 'cancelled, expired, incomplete or not heard of for a day',
};

/** "delivered to 4, dead letter at inkeep": one sentence for a strip of marks. */
export function deliverySentence(deliveries: Readonly<Record<string, DeliveryState>>): string {
  const groups = new Map<DeliveryState, string[]>();
  for (const [name, state] of Object.entries(deliveries)) groups.set(state, [...(groups.get(state) ?? []), name]);
  return [...groups]
    .map(([state, names]) =>
      state === 'delivered' && names.length > 1
        ? `delivered to ${names.length}`
        : `${stateWords[state]}: ${names.join(', ')}`,
    )
    .join('; ');
}
