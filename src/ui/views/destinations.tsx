import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { DeliveryState, Destination } from '../../gateway/api/routes.ts';
import { api } from '../api.ts';
import { configured, destinations, loadDestinations } from '../destinations.ts';
import { age, ago, count, counted, duration, moment } from '../format.ts';
import { useCommands, useKeys } from '../keyboard.ts';
import { atMostEvery } from '../pace.ts';
import { CopyLine } from '../parts/copy-line.tsx';
import { LoadingRows } from '../parts/loading-rows.tsx';
import { Sparkline } from '../parts/sparkline.tsx';
import { DeliveryMark, NotSetUpMark } from '../parts/state-mark.tsx';
import { type InteractionKey, payloadAddress } from '../places.ts';
import { go, segments } from '../router.ts';
import { command, rowCommands } from '../shortcuts.ts';
import { worstOf } from '../strip.ts';
import { now } from '../time.ts';
import { useTitle } from '../title.ts';
import { OneDestination } from './destination.tsx';
import { NeedsYou } from './needs-you.tsx';
import { againIn, reasonOf } from './payload-data.ts';
import { SendRange } from './send-range.tsx';
import './conversation.css';
import './destinations.css';

/** All destinations of the gateway: the figures of each, what needs a person, and what is not set up. */
export function DestinationsView(): JSX.Element {
  const [, name] = segments.value;
  useEffect(() => {
    loadDestinations().catch(() => {});
  }, []);
  useTitle(name ?? 'Destinations');
  // Those that are not set up are listed as well: without one, the list is still on its way.
  if (destinations.value.length === 0) return <LoadingRows />;
  const chosen = destinations.value.find((each) => each.name === name);
  if (name !== undefined && chosen) return <OneDestination key={name} destination={chosen} />;
  return <AllDestinations />;
}

function AllDestinations(): JSX.Element {
  const others = destinations.value.filter(({ isConfigured }) => !isConfigured);
  const items = configured.value;
  const [selected, setSelected] = useState(-1);
  const move = (step: number): void => setSelected(Math.min(items.length - 1, Math.max(0, selected + step)));
  const [added, setAdded] = useState(0);
  const add = (): void => setAdded(added + 1);
  useCommands([...rowCommands('destination', move), command('a', 'Add a destination', 'View', add)]);
  useKeys({
    Enter: () => {
      const destination = items[selected];
      if (destination) go(`/destinations/${encodeURIComponent(destination.name)}`);
    },
    Escape: () => setSelected(-1),
  });
  return (
    <div class="destinations">
      <header class="heading flat">
        <h1>Destinations</h1>
        <div class="actions">
          {items.length > 0 && <SendRange names={items.map(({ name }) => name)} />}
          <button type="button" class="button" onClick={add}>
            Add <kbd>A</kbd>
          </button>
        </div>
      </header>
      {items.length > 0 ? <Table items={items} selected={selected} /> : <NoneSetUp />}
      <NeedsYou selected={items[selected]?.name} />
      {others.length > 0 && <NotSetUp items={others} added={added} />}
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

const STATES = ['delivered', 'coalesced', 'waiting', 'retrying', 'dead', 'skipped'] as const;
const heads: Readonly<Record<(typeof STATES)[number], string>> = {
  delivered: 'Delivered',
  coalesced: 'In a newer one',
  waiting: 'Waiting',
  retrying: 'Retrying',
  dead: 'Dead letters',
  skipped: 'Not sent',
};

const COLUMNS: readonly (readonly [head: string, className?: string])[] = [
  ['Destination'],
  ['Address', 'address'],
  ['Content', 'content'],
  ['Last 12 hours', 'over-time'],
  ...STATES.map((state) => [heads[state], `number ${state}`] as const),
  ['Oldest', 'number oldest'],
  ['p50', 'number time'],
  ['p99', 'number time'],
  ['Last answer'],
];

interface TableProps {
  readonly items: readonly Destination[];
  readonly selected: number;
}

function Table({ items, selected }: TableProps): JSX.Element {
  const activities = useActivities();
  return (
    <table class="destination-table">
      <thead>
        <tr>
          {COLUMNS.map(([head, className]) => (
            <th key={head} scope="col" class={className}>
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {items.map((item, index) => (
          <Row
            key={item.name}
            destination={item}
            activity={activities.get(item.name)}
            isSelected={index === selected}
          />
        ))}
      </tbody>
    </table>
  );
}

type Activity = NonNullable<Destination['activity']>;
const ACTIVITY_MILLIS = 5_000;
const ACTIVITY_WIDTH = 140;

/** The records of the last hours by destination, read again when deliveries changed. */
function useActivities(): ReadonlyMap<string, Activity> {
  const [activities, setActivities] = useState<ReadonlyMap<string, Activity>>(new Map());
  const reading = useMemo(
    () =>
      atMostEvery(ACTIVITY_MILLIS, async () => {
        const { items } = await api.listDestinations({ query: { since: '12h' } });
        setActivities(new Map(items.flatMap(({ name, activity }) => (activity ? [[name, activity]] : []))));
      }),
    [],
  );
  const counts = JSON.stringify(destinations.value.map((each) => each.counts));
  useEffect(reading.run, [counts]);
  useEffect(() => reading.cancel, []);
  return activities;
}

interface RowProps {
  readonly destination: Destination;
  readonly activity: Activity | undefined;
  readonly isSelected: boolean;
}

function Row({ destination, activity, isSelected }: RowProps): JSX.Element {
  const { name, counts, address, content, oldestAt, p50, p99 } = destination;
  const state = stateOf(destination);
  const href = `/destinations/${encodeURIComponent(name)}`;
  return (
    <tr aria-current={isSelected ? 'true' : undefined}>
      <th scope="row">
        <a href={href}>
          {state ? <DeliveryMark state={state} /> : <NotSetUpMark />}
          {name}
        </a>
      </th>
      <td class="cut address" title={address}>
        {address}
      </td>
      <td class={content === 'full' ? 'content' : 'content dim'} data-name="content">
        {content}
      </td>
      <td class="over-time">
        {/* Its room is kept while it loads. */}
        {activity ? <ActivityBars activity={activity} /> : <Sparkline width={ACTIVITY_WIDTH} series={[]} />}
      </td>
      {STATES.map((each) => (
        <td key={each} data-name={heads[each].toLowerCase()} class={`number ${each} ${toneOfCount(each, counts)}`}>
          {counts[each] ? <a href={`${href}?state=${each}`}>{count(counts[each])}</a> : <span class="dim">0</span>}
        </td>
      ))}
      <td class="number oldest wait" data-name="waits" title={moment(oldestAt)}>
        {oldestAt !== undefined && age(oldestAt, now.value)}
      </td>
      <td class="number time" data-name="p50">
        {duration(p50)}
      </td>
      <td class="number time" data-name="p99">
        {duration(p99)}
      </td>
      <LastAnswer destination={destination} />
    </tr>
  );
}

function ActivityBars({ activity: { delivered, waiting, failed } }: { readonly activity: Activity }): JSX.Element {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const label = [
    `${count(sum(delivered))} delivered`,
    ...(sum(waiting) > 0 ? [`${count(sum(waiting))} waiting`] : []),
    ...(sum(failed) > 0 ? [`${counted(sum(failed), 'record')} refused`] : []),
  ].join(', ');
  return (
    <Sparkline
      width={ACTIVITY_WIDTH}
      label={label}
      series={[{ values: delivered }, { values: waiting, className: 'wait' }, { values: failed, className: 'bad' }]}
    />
  );
}

function toneOfCount(state: (typeof STATES)[number], { dead, retrying }: Destination['counts']): string {
  if (state === 'dead' && dead) return 'bad';
  return state === 'retrying' && retrying ? 'wait' : '';
}

/** `200, 3 min ago`, `503, again in 14 s`; why, on hover */
function LastAnswer({ destination: { lastAttempt, isStopped, reason } }: Pick<RowProps, 'destination'>): JSX.Element {
  if (!lastAttempt) return <td class="last dim">nothing was sent yet</td>;
  const { at, status, outcome } = lastAttempt;
  const when = outcome === 'retry' ? againIn(lastAttempt) : ago(at, now.value);
  const text = reasonOf({ reason: reason ?? lastAttempt.reason }) || (lastAttempt.answer ?? '');
  return (
    <td
      class={`last cut ${isStopped || outcome === 'rejected' ? 'bad' : outcome === 'retry' ? 'wait' : ''}`}
      title={text}
    >
      <span title={moment(at)}>
        {status ?? 'no answer'}, {isStopped ? 'stopped' : when}
      </span>
    </td>
  );
}

function stateOf({ isStopped, counts }: Destination): DeliveryState | undefined {
  const states = STATES.filter((state) => state !== 'coalesced' && state !== 'skipped' && counts[state]);
  return isStopped ? 'stopped' : worstOf(states);
}

const FIRST_OTHERS = 6;

interface NotSetUpProps {
  readonly items: readonly Destination[];
  /** How often a person asked to add one: the whole list then has the focus. */
  readonly added: number;
}

/** A dry run shows the payload of the latest interaction, and sends nothing. */
function NotSetUp({ items, added }: NotSetUpProps): JSX.Element {
  const section = useRef<HTMLElement>(null);
  const [latest, setLatest] = useState<InteractionKey>();
  useEffect(() => {
    api.listInteractions({ query: { limit: 1 } }).then(
      (page) => setLatest(page.items[0]),
      () => {},
    );
  }, []);
  const [isWhole, setWhole] = useState(false);
  useEffect(() => {
    if (added === 0) return;
    section.current?.scrollIntoView();
    section.current?.focus();
  }, [added]);
  const shown = isWhole || added > 0 ? items : items.slice(0, FIRST_OTHERS);
  return (
    <section class="not-set-up" ref={section} tabIndex={-1}>
      <h2>
        Not set up <small>each would get what its line says; a dry run shows the payload first</small>
      </h2>
      <ul>
        {shown.map((each) => (
          <li key={each.name}>
            <NotSetUpMark />
            <b>{each.name}</b>
            <code class="cut">{lineFor(each)}</code>
            {latest !== undefined && (
              <a class="link" href={payloadAddress(latest, each.name)}>
                Dry run
              </a>
            )}
          </li>
        ))}
      </ul>
      {shown.length < items.length && (
        <p class="more">
          <button type="button" class="link" onClick={() => setWhole(true)}>
            {count(items.length - shown.length)} more
          </button>
        </p>
      )}
    </section>
  );
}

/** Starts the gateway with one more destination: those that it has stay. */
function lineFor({ name, setUp }: Destination): string {
  const names = [...configured.value.map((each) => each.name), name];
  return `${setUp.map((variable) => `${variable}=… `).join('')}npx spanport up --forward ${names.join(',')}`;
}
