import type { JSX } from 'preact';
import type { DeliveryState } from '../../gateway/api/routes.ts';
import { configured } from '../destinations.ts';
import { count, counted } from '../format.ts';
import { type InteractionKey, payloadAddress } from '../places.ts';
import { hasArrived, WORST_FIRST, worstOf } from '../strip.ts';
import { DeliveryStrip } from './deliveries.tsx';
import { stateWords } from './mark.tsx';

/** The destination whose state most needs attention, else the first; undefined where the gateway forwards to none. */
export function worstDestination(deliveries: Readonly<Record<string, DeliveryState>>): string | undefined {
  const names = configured.value.map(({ name }) => name);
  const worst = worstOf(names.flatMap((name) => deliveries[name] ?? []));
  return names.find((name) => deliveries[name] === worst) ?? names[0];
}

interface LinksProps {
  readonly row: InteractionKey & { readonly deliveries: Readonly<Record<string, DeliveryState>> };
}

/** The payload whose state most needs attention; undefined where the gateway forwards to no destination. */
export function firstPayload(row: LinksProps['row']): string | undefined {
  const name = worstDestination(row.deliveries);
  return name === undefined ? undefined : payloadAddress(row, name);
}

/** The states of one record at all destinations; each mark opens what that destination got. */
export function DeliveryLinks({ row }: LinksProps): JSX.Element {
  return <DeliveryStrip deliveries={row.deliveries} hrefOf={(name) => payloadAddress(row, name)} />;
}

/** The destinations as a part of a panel; nothing where the record went to none. */
export function DeliverySection({ className, row }: LinksProps & { readonly className: string }): JSX.Element {
  return (
    <>
      {Object.keys(row.deliveries).length > 0 && (
        <section class={className}>
          <h3>Destinations</h3>
          <DeliveryStrip hasNames deliveries={row.deliveries} hrefOf={(name) => payloadAddress(row, name)} />
        </section>
      )}
    </>
  );
}

type Row = LinksProps['row'];

interface Records {
  readonly worst: DeliveryState | undefined;
  /** The latest record in the worst state. */
  readonly target: Row | undefined;
  readonly text: string;
}

/** The records of a conversation at one destination: `18 refused, 23 delivered`, or `41 records` where all arrived. */
export function recordsAt(rows: readonly Row[], name: string): Records {
  const states = rows.flatMap(({ deliveries }) => deliveries[name] ?? []);
  const worst = worstOf(states);
  const text = states.every(hasArrived)
    ? counted(states.length, 'record')
    : WORST_FIRST.filter((state) => states.includes(state))
        .map((state) => `${count(states.filter((each) => each === state).length)} ${wordsOf(state)}`)
        .join(', ');
  return { worst, text, target: rows.findLast(({ deliveries }) => deliveries[name] === worst) };
}

function wordsOf(state: DeliveryState): string {
  return state === 'dead' ? 'refused' : stateWords[state];
}

export function toneOfState(state: DeliveryState | undefined): string {
  if (state === 'dead' || state === 'stopped') return 'bad';
  return state === 'retrying' ? 'wait' : 'dim';
}
