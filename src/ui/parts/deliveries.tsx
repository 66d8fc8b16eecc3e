import type { JSX } from 'preact';
import type { DeliveryState } from '../../gateway/api/routes.ts';
import { configured } from '../destinations.ts';
import { DeliveryMark, deliverySentence } from './mark.tsx';

/** The two letters that head the column of a destination, as with chemical elements. */
export function symbolOf(name: string): string {
  return known[name] ?? `${name[0]?.toUpperCase() ?? ''}${name[1] ?? ''}`;
}

const known: Readonly<Record<string, string>> = { requesty: 'Rq' };

/** The states of one record at all destinations, in the one order that the whole page uses. */
export function DeliveryStrip({
  deliveries,
}: {
  readonly deliveries: Readonly<Record<string, DeliveryState>>;
}): JSX.Element {
  return (
    <span class="strip" role="img" aria-label={deliverySentence(deliveries) || 'not sent anywhere'}>
      {configured.value.map(({ name }) => {
        const state = deliveries[name];
        return (
          <span key={name} title={state && `${name}: ${state}`}>
            {state && <DeliveryMark state={state} />}
          </span>
        );
      })}
    </span>
  );
}

export function DeliveryHeads(): JSX.Element {
  return (
    <span class="strip heads" aria-hidden="true">
      {configured.value.map(({ name }) => (
        <span key={name} title={name}>
          {symbolOf(name)}
        </span>
      ))}
    </span>
  );
}
