import type { JSX } from 'preact';
import type { DeliveryState } from '../../gateway/api/routes.ts';
import { configured } from '../destinations.ts';
import { worstOf } from '../strip.ts';
import { DeliveryHeads, DeliveryStrip } from './deliveries.tsx';

export function payloadAddress(interaction: string, destination: string): string {
  return `/i/${encodeURIComponent(interaction)}/destinations/${encodeURIComponent(destination)}`;
}

/** The destination whose state most needs attention, else the first; undefined where the gateway forwards to none. */
export function worstDestination(deliveries: Readonly<Record<string, DeliveryState>>): string | undefined {
  const names = configured.value.map(({ name }) => name);
  const worst = worstOf(names.flatMap((name) => deliveries[name] ?? []));
  return names.find((name) => deliveries[name] === worst) ?? names[0];
}

interface LinksProps {
  readonly deliveries: Readonly<Record<string, DeliveryState>>;
  readonly interaction: string;
}

/** The states of one record at all destinations; each mark opens what that destination got. */
export function DeliveryLinks({ deliveries, interaction }: LinksProps): JSX.Element {
  return <DeliveryStrip deliveries={deliveries} hrefOf={(name) => payloadAddress(interaction, name)} />;
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
