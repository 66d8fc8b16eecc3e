import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Delivery, DeliveryState, Destination } from '../../gateway/api/routes.ts';
import { api } from '../api.ts';
import { loadDestinations } from '../destinations.ts';
import { age, count, duration, moment } from '../format.ts';
import { useCommands, useKeys } from '../keyboard.ts';
import { toneOfState } from '../parts/delivery-links.tsx';
import { Icon } from '../parts/icon.tsx';
import { LoadingRows } from '../parts/loading-rows.tsx';
import { stateWords } from '../parts/mark.tsx';
import { Safe } from '../parts/safe-text.tsx';
import { DeliveryMark } from '../parts/state-mark.tsx';
import { payloadAddress } from '../places.ts';
import { address, go, withQuery } from '../router.ts';
import { command, moved, rowCommands } from '../shortcuts.ts';
import { WORST_FIRST } from '../strip.ts';
import { messageOf } from '../text.ts';
import { now } from '../time.ts';
import { outcomeOf, reasonOf } from './payload-data.ts';
import { SendRange } from './send-range.tsx';

const PAGE = 100;
/** What the gateway answers at once. */
const MAX_PAGE = 500;

/** The records of one destination, the latest first, of one state or of all. */
export function OneDestination({ destination }: { readonly destination: Destination }): JSX.Element {
  const { name, counts } = destination;
  const state = WORST_FIRST.find((each) => each === address.value.query.get('state'));
  const { items, next, problem, more, act } = useRecords(destination, state);
  const [chosen, choose] = useState<string>();
  const selected = items?.findIndex((item) => keyOf(item) === chosen) ?? -1;
  const move = (step: number): void => {
    const item = items && moved(items, selected, step);
    if (item) choose(keyOf(item));
  };
  const retryAll = (): void => act(() => api.retryDeliveries({ params: { name } }));
  useCommands([
    ...rowCommands('record', move),
    ...((counts.dead ?? 0) > 0 ? [command('r', 'Retry all dead letters', 'View', retryAll)] : []),
  ]);
  useKeys({
    Enter: () => {
      const item = items?.[selected];
      if (item) go(payloadAddress({ ...item, id: item.interaction }, name));
    },
    Escape: () => (selected < 0 ? go('/destinations') : choose(undefined)),
  });
  return (
    <>
      <Heading {...{ destination, state, retryAll }} />
      {problem !== undefined && <p class="failed">{problem}</p>}
      {items ? <Records {...{ items, selected, name }} /> : problem === undefined && <LoadingRows />}
      {items?.length === 0 && <Nothing state={state} isConfigured={destination.isConfigured} />}
      {next !== undefined && (
        <p class="more">
          <button type="button" class="button" onClick={more}>
            Show older records
          </button>
        </p>
      )}
    </>
  );
}

interface HeadingProps {
  readonly destination: Destination;
  readonly state: DeliveryState | undefined;
  retryAll(): void;
}

function Heading({ destination, state, retryAll }: HeadingProps): JSX.Element {
  const { name, counts } = destination;
  return (
    <header class="heading">
      <p class="path">
        <a href="/destinations">Destinations</a> <span>/</span> <span>{name}</span>
      </p>
      <div class="title">
        <a class="back" href="/destinations" aria-label="All destinations">
          <Icon name="left" size={18} />
        </a>
        <h1 class="cut">{name}</h1>
        <div class="actions">
          {destination.isConfigured && <SendRange names={[name]} />}
          {(counts.dead ?? 0) > 0 && (
            <button type="button" class="button main" onClick={retryAll}>
              Retry all {count(counts.dead)} <kbd>R</kbd>
            </button>
          )}
        </div>
      </div>
      <div class="layers">
        <nav aria-label="States">
          <a href={withQuery({ state: undefined })} aria-current={state === undefined ? 'page' : undefined}>
            All
          </a>
          {WORST_FIRST.filter((each) => counts[each] || each === state).map((each) => (
            <a key={each} href={withQuery({ state: each })} aria-current={each === state ? 'page' : undefined}>
              <DeliveryMark state={each} /> {stateWords[each]} <small class="dim">{count(counts[each] ?? 0)}</small>
            </a>
          ))}
        </nav>
        <Facts {...destination} />
      </div>
    </header>
  );
}

function Facts({ address, content, p50, p99 }: Destination): JSX.Element {
  return (
    <p class="totals">
      {address !== undefined && <span class="wide">{address}</span>}
      {content !== undefined && (
        <span>
          content <b>{content}</b>
        </span>
      )}
      {p50 !== undefined && (
        <span class="wide">
          p50 <b>{duration(p50)}</b>
        </span>
      )}
      {p99 !== undefined && (
        <span>
          p99 <b>{duration(p99)}</b>
        </span>
      )}
    </p>
  );
}

function keyOf({ interaction, project }: Delivery): string {
  return `${interaction} ${project}`;
}

interface RecordList {
  /** Undefined until the answer for this state is there. */
  readonly items: readonly Delivery[] | undefined;
  readonly next: string | undefined;
  readonly problem: string | undefined;
  more(): void;
  act(work: () => Promise<unknown>): void;
}

function useRecords({ name, counts }: Destination, state: DeliveryState | undefined): RecordList {
  const [list, setList] = useState<{ readonly of: string; readonly items: readonly Delivery[]; next?: string }>();
  const [problem, setProblem] = useState<string>();
  const [limit, setLimit] = useState(PAGE);
  const fail = (error: unknown): void => setProblem(messageOf(error));
  const of = state ?? '';
  useEffect(() => {
    const current = { isGone: false };
    const load = async (): Promise<void> => {
      const items: Delivery[] = [];
      let next: string | undefined;
      // As many as are shown already: what a person has unfolded stays.
      do {
        const query = {
          limit: Math.min(MAX_PAGE, limit - items.length),
          ...(state && { state }),
          ...(next !== undefined && { cursor: next }),
        };
        const page = await api.listDeliveries({ params: { name }, query });
        items.push(...page.items);
        next = page.next;
      } while (next !== undefined && items.length < limit && !current.isGone);
      if (current.isGone) return;
      setList({ of, items, ...(next !== undefined && { next }) });
      setProblem(undefined);
    };
    load().catch((error: unknown) => !current.isGone && fail(error));
    return () => {
      current.isGone = true;
    };
  }, [name, state, limit, JSON.stringify(counts)]);
  const shown = list?.of === of ? list : undefined;
  return {
    items: shown?.items,
    next: shown?.next,
    problem,
    more: () => setLimit(limit + PAGE),
    act: (work) => void work().then(loadDestinations).catch(fail),
  };
}

interface RecordsProps {
  readonly items: readonly Delivery[];
  readonly selected: number;
  readonly name: string;
}

function Records({ items, selected, name }: RecordsProps): JSX.Element {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => list.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' }), [selected]);
  return (
    <div class="records" ref={list}>
      <table class="destination-table">
        <thead>
          <tr>
            <th scope="col">Interaction</th>
            <th scope="col">State</th>
            <th scope="col">Reason or answer</th>
            <th scope="col" class="number">
              Attempts
            </th>
            <th scope="col" class="number">
              Changed
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map((item, index) => (
            <tr key={keyOf(item)} aria-current={index === selected ? 'true' : undefined}>
              <th scope="row" class={item.title === undefined ? 'mono' : undefined} title={item.interaction}>
                <a href={payloadAddress({ ...item, id: item.interaction }, name)}>
                  <DeliveryMark state={item.state} />
                  <span class="cut">
                    <Safe text={item.title ?? item.interaction} />
                  </span>
                </a>
              </th>
              <td class={`cut ${toneOfState(item.state)}`}>{outcomeOf(item)}</td>
              <td class="cut">
                <Safe text={reasonOf(item) || (item.attempts.at(-1)?.answer ?? '')} />
              </td>
              <td class="number" data-name={item.attempts.length === 1 ? 'attempt' : 'attempts'}>
                {count(item.attempts.length)}
              </td>
              <td class="number dim" title={moment(item.updatedAt)}>
                {age(item.updatedAt, now.value)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface NothingProps {
  readonly state: DeliveryState | undefined;
  readonly isConfigured: boolean;
}

function Nothing({ state, isConfigured }: NothingProps): JSX.Element {
  return (
    <p class="empty">
      {state !== undefined
        ? `No record is in the state “${stateWords[state]}”.`
        : isConfigured
          ? 'Nothing was sent yet. What an application sends to it by itself is not seen here.'
          : 'This gateway does not forward to it. What an application sends to it by itself is not seen here.'}
    </p>
  );
}
