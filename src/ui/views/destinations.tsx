import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Delivery, DeliveryState, Destination } from '../../gateway/api/routes.ts';
import { api } from '../api.ts';
import { destinations, loadDestinations } from '../destinations.ts';
import { age, count, counted, moment } from '../format.ts';
import { CopyLine } from '../parts/copy-line.tsx';
import { DeliveryMark, stateWords } from '../parts/mark.tsx';
import { address, segments } from '../router.ts';
import { now } from '../time.ts';
import './table.css';
import './destinations.css';

const STATES: readonly DeliveryState[] = [
  'delivered',
  'coalesced',
  'waiting',
  'retrying',
  'dead',
  'stopped',
  'skipped',
];

/** All destinations of the gateway: what needs a person first, then what is fine, then what is not set up. */
export function DestinationsView(): JSX.Element {
  const [, name] = segments.value;
  useEffect(() => {
    loadDestinations().catch(() => {});
  }, []);
  const chosen = destinations.value.find((each) => each.name === name);
  if (name !== undefined && chosen) return <OneDestination destination={chosen} />;
  const configured = destinations.value.filter(({ isConfigured }) => isConfigured);
  const missing = destinations.value.filter(({ isConfigured }) => !isConfigured);
  return (
    <div class="table">
      {configured.length > 0 && (
        <table>
          <thead>
            <tr>
              <th>Destination</th>
              {STATES.map((state) => (
                <th key={state} class="number">
                  {stateWords[state]}
                </th>
              ))}
              <th class="number">Last delivered</th>
            </tr>
          </thead>
          <tbody>
            {configured.map((destination) => (
              <Row key={destination.name} destination={destination} />
            ))}
          </tbody>
        </table>
      )}
      {configured.length === 0 && (
        <div class="empty">
          <h2>This gateway forwards to no destination.</h2>
          <p>What it receives stays here. To feed a vendor as well, name it when the gateway starts:</p>
          <CopyLine text="npx spanport up --forward athina" />
        </div>
      )}
      {missing.length > 0 && (
        <section class="not-set-up">
          <h2>Not set up</h2>
          {missing.map(({ name: each, setUp }) => (
            <p key={each}>
              <b>{each}</b> <span class="mono">{setUp.join(' ')}</span>
            </p>
          ))}
        </section>
      )}
    </div>
  );
}

function Row({ destination }: { readonly destination: Destination }): JSX.Element {
  const { name, counts, isStopped, reason, lastDeliveredAt } = destination;
  return (
    <tr>
      <td>
        <a href={`/destinations/${encodeURIComponent(name)}`}>
          {isStopped && <DeliveryMark state="stopped" />}
          {name}
        </a>
        {isStopped && <span class="error"> {reason}</span>}
      </td>
      {STATES.map((state) => (
        <td key={state} class="number">
          {counts[state] ? (
            <a class="count" href={`/destinations/${encodeURIComponent(name)}?state=${state}`}>
              {(state === 'dead' || state === 'retrying') && <DeliveryMark state={state} />}
              {count(counts[state])}
            </a>
          ) : (
            ''
          )}
        </td>
      ))}
      <td class="number dim" title={moment(lastDeliveredAt)}>
        {age(lastDeliveredAt, now.value)}
      </td>
    </tr>
  );
}

/** The records of one destination, with every attempt. */
function OneDestination({ destination }: { readonly destination: Destination }): JSX.Element {
  const { name, counts } = destination;
  const state = address.value.query.get('state') as DeliveryState | null;
  const [items, setItems] = useState<readonly Delivery[]>([]);
  const [problem, setProblem] = useState<string>();
  const load = async (): Promise<void> => {
    const query = { limit: 200, ...(state && { state }) };
    setItems((await api.listDeliveries({ params: { name }, query })).items);
  };
  useEffect(() => {
    load().catch((error: unknown) => setProblem(String(error)));
  }, [name, state, counts]);
  const retry = async (): Promise<void> => {
    await api.retryDeliveries({ params: { name } });
    await loadDestinations();
  };
  return (
    <div class="table">
      <header class="destination-head">
        <h1>
          <a href="/destinations">Destinations</a> / {name}
        </h1>
        {(counts.dead ?? 0) > 0 && (
          <button
            type="button"
            class="button main"
            onClick={() => retry().catch((error: unknown) => setProblem(String(error)))}
          >
            Retry all {count(counts.dead)}
          </button>
        )}
      </header>
      {problem !== undefined && <p class="failed">{problem}</p>}
      <table>
        <thead>
          <tr>
            <th>State</th>
            <th>Interaction</th>
            <th class="number">Attempts</th>
            <th>Last answer</th>
            <th class="number">Changed</th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <tr key={item.interaction}>
              <td>
                <span class="state">
                  <DeliveryMark state={item.state} /> {stateWords[item.state]}
                </span>
              </td>
              <td>
                <a
                  href={`/i/${encodeURIComponent(item.interaction)}/destinations/${encodeURIComponent(name)}`}
                  class="mono"
                >
                  {item.interaction}
                </a>
              </td>
              <td class="number">{count(item.attempts.length)}</td>
              <td class="cut">{item.reason ?? item.attempts.at(-1)?.answer ?? ''}</td>
              <td class="number dim" title={moment(item.updatedAt)}>
                {age(item.updatedAt, now.value)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {items.length === 0 && (
        <p class="empty">{`No record is here${state ? ` in the state "${stateWords[state]}"` : ''}. ${counted(counts.delivered ?? 0, 'record')} delivered.`}</p>
      )}
    </div>
  );
}
