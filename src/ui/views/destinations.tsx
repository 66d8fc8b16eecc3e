import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Destination } from '../../gateway/api/routes.ts';
import { api } from '../api.ts';
import { destinations, loadDestinations } from '../destinations.ts';
import { age, count, moment } from '../format.ts';
import { useCommands, useKeys } from '../keyboard.ts';
import { CopyLine } from '../parts/copy-line.tsx';
import { payloadAddress } from '../parts/delivery-links.tsx';
import { DeliveryMark, NotSetUpMark } from '../parts/state-mark.tsx';
import { go, segments } from '../router.ts';
import { rowCommands } from '../shortcuts.ts';
import { now } from '../time.ts';
import { OneDestination } from './destination.tsx';
import { NeedsYou } from './needs-you.tsx';
import './conversation.css';
import './destinations.css';

/** All destinations of the gateway: the figures of each, what needs a person, and what is not set up. */
export function DestinationsView(): JSX.Element {
  const [, name] = segments.value;
  useEffect(() => {
    loadDestinations().catch(() => {});
  }, []);
  const chosen = destinations.value.find((each) => each.name === name);
  if (name !== undefined && chosen) return <OneDestination key={name} destination={chosen} />;
  return <AllDestinations />;
}

function AllDestinations(): JSX.Element {
  const configured = destinations.value.filter(({ isConfigured }) => isConfigured);
  const others = destinations.value.filter(({ isConfigured }) => !isConfigured);
  const [selected, setSelected] = useState(-1);
  const move = (step: number): void => setSelected(Math.min(configured.length - 1, Math.max(0, selected + step)));
  useCommands(rowCommands('destination', move));
  useKeys({
    Enter: () => {
      const destination = configured[selected];
      if (destination) go(`/destinations/${encodeURIComponent(destination.name)}`);
    },
    Escape: () => setSelected(-1),
  });
  return (
    <div class="destinations">
      <header class="heading flat">
        <h1>Destinations</h1>
      </header>
      {configured.length > 0 ? <Table items={configured} selected={selected} /> : <NoneSetUp />}
      <NeedsYou />
      {others.length > 0 && <NotSetUp items={others} />}
    </div>
  );
}

function NoneSetUp(): JSX.Element {
  return (
    <div class="empty">
      <h2>This gateway forwards to no destination.</h2>
      <p>What it receives stays here. What an application sends to a vendor by itself is not seen here.</p>
      <CopyLine text="npx spanport up --forward athina" />
    </div>
  );
}

interface TableProps {
  readonly items: readonly Destination[];
  readonly selected: number;
}

function Table({ items, selected }: TableProps): JSX.Element {
  return (
    <table class="destination-table">
      <thead>
        <tr>
          <th scope="col">Destination</th>
          <th scope="col">State</th>
          <th scope="col" class="number">
            Delivered
          </th>
          <th scope="col" class="number">
            In a newer record
          </th>
          <th scope="col" class="number">
            Waiting
          </th>
          <th scope="col" class="number">
            Retrying
          </th>
          <th scope="col" class="number">
            Dead letters
          </th>
          <th scope="col" class="number">
            Not sent
          </th>
          <th scope="col" class="number">
            Last delivered
          </th>
        </tr>
      </thead>
      <tbody>
        {items.map((item, index) => (
          <Row key={item.name} destination={item} isSelected={index === selected} />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps {
  readonly destination: Destination;
  readonly isSelected: boolean;
}

function Row({ destination, isSelected }: RowProps): JSX.Element {
  const { name, counts, lastDeliveredAt, isStopped } = destination;
  const state = worstOf(destination);
  const address = `/destinations/${encodeURIComponent(name)}`;
  return (
    <tr aria-current={isSelected ? 'true' : undefined}>
      <th scope="row">
        <a href={address}>
          {state ? <DeliveryMark state={state} /> : <NotSetUpMark />}
          {name}
        </a>
      </th>
      <td class={isStopped ? 'bad cut' : 'cut'}>{sentenceOf(destination)}</td>
      {(['delivered', 'coalesced', 'waiting', 'retrying', 'dead', 'skipped'] as const).map((each) => (
        <td
          key={each}
          data-name={shortWords[each]}
          class={`number ${each === 'dead' && counts.dead ? 'bad' : each === 'retrying' && counts.retrying ? 'wait' : ''}`}
        >
          {counts[each] ? <a href={`${address}?state=${each}`}>{count(counts[each])}</a> : <span class="dim">0</span>}
        </td>
      ))}
      <td class="number dim" title={moment(lastDeliveredAt)}>
        {age(lastDeliveredAt, now.value)}
      </td>
    </tr>
  );
}

const shortWords = {
  delivered: 'delivered',
  coalesced: 'in a newer record',
  waiting: 'waiting',
  retrying: 'retrying',
  dead: 'dead letters',
  skipped: 'not sent',
} as const;

function worstOf({
  isStopped,
  counts,
}: Destination): 'stopped' | 'dead' | 'retrying' | 'waiting' | 'delivered' | undefined {
  if (isStopped) return 'stopped';
  for (const state of ['dead', 'retrying', 'waiting', 'delivered'] as const) if (counts[state]) return state;
  return undefined;
}

function sentenceOf({ isStopped, reason, counts }: Destination): string {
  if (isStopped) return reason ?? 'stopped: its key or its address is wrong';
  if (counts.dead) return 'refuses records';
  if (counts.retrying) return 'does not answer as it should; tried again by itself';
  if (counts.waiting) return 'on its way';
  return counts.delivered ? 'takes everything' : 'nothing was sent yet';
}

/** A dry run shows the payload of the latest interaction, and sends nothing. */
function NotSetUp({ items }: { readonly items: readonly Destination[] }): JSX.Element {
  const [latest, setLatest] = useState<string>();
  useEffect(() => {
    api.listInteractions({ query: { limit: 1 } }).then(
      (page) => setLatest(page.items[0]?.id),
      () => {},
    );
  }, []);
  return (
    <section class="not-set-up">
      <h2>
        Not set up <small>each would get what its line says; a dry run shows the payload first</small>
      </h2>
      <ul>
        {items.map(({ name, setUp }) => (
          <li key={name}>
            <NotSetUpMark />
            <b>{name}</b>
            <code class="cut">
              {setUp.map((variable) => `${variable}=…`).join(' ')} npx spanport up --forward {name}
            </code>
            {latest !== undefined && (
              <a class="link" href={payloadAddress(latest, name)}>
                Dry run
              </a>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
