import type { JSX } from 'preact';
import type { DeliveryState } from '../../gateway/api/routes.ts';
import { configured } from '../destinations.ts';
import { DeliveryHeads } from './deliveries.tsx';
import { DeliveryMark, stateWords } from './mark.tsx';

export function payloadAddress(interaction: string, destination: string): string {
  return `/i/${encodeURIComponent(interaction)}/destinations/${encodeURIComponent(destination)}`;
}

interface LinksProps {
  readonly deliveries: Readonly<Record<string, DeliveryState>>;
  readonly interaction: string;
}

/** The states of one record at all destinations; each mark opens what that destination got. */
export function DeliveryLinks({ deliveries, interaction }: LinksProps): JSX.Element {
  return (
    <span class="strip">
      {configured.value.map(({ name }) => {
        const state = deliveries[name];
        if (!state) return <span key={name} />;
        const label = `${name}: ${stateWords[state]}`;
        return (
          <a key={name} href={payloadAddress(interaction, name)} title={label} aria-label={label}>
            <DeliveryMark state={state} />
          </a>
        );
      })}
    </span>
  );
}

/** The destinations as a part of a panel; nothing where the record went to none. */
export function DeliverySection({ className, ...links }: LinksProps & { readonly className: string }): JSX.Element {
  return (
    <>
      {Object.keys(links.deliveries).length > 0 && (
        <section class={className}>
          <h3>Destinations</h3>
          <DeliveryHeads />
          <DeliveryLinks {...links} />
        </section>
      )}
    </>
  );
}
