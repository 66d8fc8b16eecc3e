import type { JSX } from 'preact';
import type { DeliveryState } from '../../gateway/api/routes.ts';
import { configured } from '../destinations.ts';
import { type InteractionKey, payloadAddress } from '../places.ts';
import { worstOf } from '../strip.ts';
import { DeliveryStrip } from './deliveries.tsx';

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
