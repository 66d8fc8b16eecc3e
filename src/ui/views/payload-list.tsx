import type { JSX } from 'preact';
import { configured, destinations } from '../destinations.ts';
import { count } from '../format.ts';
import { CopyLine } from '../parts/copy-line.tsx';
import { toneOfState } from '../parts/delivery-links.tsx';
import { DeliveryMark, NotSetUpMark } from '../parts/state-mark.tsx';
import { payloadAddress } from '../places.ts';
import { type Detail, outcomeOf } from './payload-data.ts';

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
          <a key={name} href={payloadAddress(detail, name)} aria-current={name === chosen ? 'page' : undefined}>
            {delivery ? <DeliveryMark state={delivery.state} /> : <NotSetUpMark />}
            <span>
              <b>{name}</b>
              <small class={toneOfState(delivery?.state)}>{delivery ? outcomeOf(delivery) : absenceOf(isSetUp)}</small>
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

/** The gateway does not see records that an application sends by itself, so it cannot say that nothing was sent. */
function absenceOf(isSetUp: boolean): string {
  return isSetUp ? 'not seen here' : 'not set up, would get';
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
