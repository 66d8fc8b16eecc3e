import type { JSX } from 'preact';
import type { Delivery } from '../../gateway/api/routes.ts';
import { configured, destinations } from '../destinations.ts';
import { count, duration } from '../format.ts';
import { CopyLine } from '../parts/copy-line.tsx';
import { payloadAddress } from '../parts/delivery-links.tsx';
import { DeliveryMark, NotSetUpMark } from '../parts/state-mark.tsx';
import { now } from '../time.ts';
import type { Detail } from './payload.tsx';

interface ListProps {
  readonly detail: Detail;
  readonly names: readonly string[];
  readonly chosen: string;
}

/** Every destination with what became of this record there. */
export function DestinationList({ detail, names, chosen }: ListProps): JSX.Element {
  return (
    <nav class="payload-list" aria-label="Destinations">
      <p class="heads">
        <span>Destination</span>
        <span>Attempts</span>
      </p>
      {names.map((name) => {
        const delivery = detail.deliveryLog.find(({ destination }) => destination === name);
        const isSetUp = configured.value.some((each) => each.name === name);
        return (
          <a key={name} href={payloadAddress(detail.id, name)} aria-current={name === chosen ? 'page' : undefined}>
            {delivery ? <DeliveryMark state={delivery.state} /> : <NotSetUpMark />}
            <span>
              <b>{name}</b>
              <small class={toneOf(delivery)}>{delivery ? outcomeOf(delivery) : absenceOf(isSetUp)}</small>
            </span>
            <span class="number">
              {delivery && delivery.attempts.length > 0 ? count(delivery.attempts.length) : ''}
            </span>
          </a>
        );
      })}
      <SetUp name={chosen} />
    </nav>
  );
}

export function toneOf(delivery: Delivery | undefined): string {
  if (delivery?.state === 'dead' || delivery?.state === 'stopped') return 'bad';
  return delivery?.state === 'retrying' ? 'wait' : 'dim';
}

/** A record that an application sent by itself passed no gateway: of that nothing can be said. */
function absenceOf(isSetUp: boolean): string {
  return isSetUp ? 'not seen here' : 'not set up, would get';
}

/** `200`, `422, refused for good`, `503, again in 14 s` */
export function outcomeOf({ state, attempts, reason }: Delivery): string {
  const last = attempts.at(-1);
  const status = last?.status === undefined ? '' : `${last.status}`;
  switch (state) {
    case 'delivered':
      return status || 'delivered';
    case 'coalesced':
      return 'within a newer record';
    case 'dead':
      return [status, 'refused for good'].filter(Boolean).join(', ');
    case 'stopped':
      return [status, 'stopped'].filter(Boolean).join(', ');
    case 'retrying':
      return [status || 'no answer', againIn(last)].filter(Boolean).join(', ');
    case 'waiting':
      return 'waiting for its turn';
    case 'skipped':
      return reason === undefined ? 'not sent, by a rule' : `not sent: ${reason}`;
  }
}

function againIn(last: Delivery['attempts'][number] | undefined): string {
  if (last?.waitMillis === undefined) return 'tried again soon';
  const rest = last.at + last.waitMillis - now.value;
  return rest > 0 ? `again in ${duration(Math.ceil(rest / 1_000))}` : 'again any moment';
}

function SetUp({ name }: { readonly name: string }): JSX.Element | null {
  const destination = destinations.value.find((each) => each.name === name);
  if (!destination || destination.isConfigured) return null;
  const variables = destination.setUp.map((variable) => `${variable}=…`).join(' ');
  return (
    <div class="set-up">
      <p>{name} would get this with</p>
      <CopyLine text={`${variables} npx spanport up --forward ${name}`.trim()} />
    </div>
  );
}
