import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Interaction } from '../../interaction/interaction.ts';
import { api } from '../api.ts';
import { configured, destinations, loadDestinations } from '../destinations.ts';
import { clock, count, counted, duration, moment } from '../format.ts';
import { useCommands, useKeys } from '../keyboard.ts';
import { followLive } from '../live.ts';
import { Icon } from '../parts/icon.tsx';
import { LoadingRows } from '../parts/loading-rows.tsx';
import { DeliveryMark, stateWords } from '../parts/mark.tsx';
import { Safe } from '../parts/safe-text.tsx';
import { DEFAULT_PROJECT, payloadAddress, traceAddress } from '../places.ts';
import { address, go, listPlace, projectInAddress, segments } from '../router.ts';
import { command, linkCommand, rowCommands } from '../shortcuts.ts';
import { WORST_FIRST } from '../strip.ts';
import { messageOf } from '../text.ts';
import { useTitle } from '../title.ts';
import type { Detail } from './payload-data.ts';
import { DestinationList } from './payload-list.tsx';
import { OneDestination } from './payload-one.tsx';
import { SideBySide } from './side-by-side.tsx';
import './conversation.css';
import './payload.css';

const shown = signal<Detail | undefined>(undefined);
const problem = signal<string | undefined>(undefined);
/** The interactions of its conversation, for the one before and after. */
const siblings = signal<readonly string[]>([]);

/** The last load that began: answers of an earlier one come too late. */
const latest = { load: 0 };

/** Loads the interaction that the address names. */
async function load(): Promise<void> {
  const [place, id = ''] = segments.value;
  // What an action changed may be known only once the view has been left.
  if (place !== 'i') return;
  latest.load += 1;
  const own = latest.load;
  try {
    const detail = await api.getInteraction({ params: { id }, query: { project: projectInAddress.value } });
    if (own !== latest.load) return;
    shown.value = detail;
    problem.value = undefined;
    const { rows } = await api.getConversation({ params: { id: detail.conversation }, query: { limit: 500 } });
    if (own === latest.load) siblings.value = rows.map((row) => row.id);
  } catch (error) {
    if (own === latest.load) problem.value = messageOf(error);
  }
}

/** One interaction, and what each destination got of it or would get: one at a time, or two side by side. */
export function PayloadView(): JSX.Element {
  const [, id = '', , name = ''] = segments.value;
  const project = projectInAddress.value;
  useEffect(() => {
    const detail = shown.value;
    if (detail?.id !== id || detail.project !== (project ?? DEFAULT_PROJECT)) {
      shown.value = undefined;
      problem.value = undefined;
    }
    const again = (): void => void load().catch(() => {});
    again();
    return followLive({
      deliveries: (items) => {
        if (items.some((item) => item.interaction === id && item.project === (project ?? shown.value?.project)))
          again();
      },
      resync: again,
    });
  }, [id, project]);
  useEffect(() => {
    if (destinations.value.length === 0) loadDestinations().catch(() => {});
  }, []);
  const detail = shown.value;
  if (problem.value !== undefined && !detail) return <p class="empty">{problem.value}</p>;
  if (!detail) return <LoadingRows />;
  return <Destinations detail={detail} name={name} />;
}

function Destinations({ detail, name }: { readonly detail: Detail; readonly name: string }): JSX.Element {
  const { query } = address.value;
  const names = namesOf(detail, name);
  const chosen = names.includes(name) ? name : (names[0] ?? '');
  const left = query.get('left') ?? undefined;
  const right = query.get('right') ?? undefined;
  const isPair = left !== undefined || right !== undefined;
  const other = names.find((each) => each !== chosen) ?? chosen;
  const one = payloadAddress(detail, chosen);
  const pair = payloadAddress(detail, chosen, { left: chosen, right: other });
  const step = (by: number): void => {
    const next = names[(names.indexOf(chosen) + by + names.length) % names.length];
    if (next !== undefined) go(payloadAddress(detail, next), { replace: true });
  };
  const toSibling = (by: number): void => {
    const next = siblings.value[siblings.value.indexOf(detail.id) + by];
    if (next !== undefined) go(payloadAddress({ id: next, project: detail.project }, chosen));
  };
  useCommands([
    command('v', isPair ? 'One destination' : 'Side by side', 'View', () => go(isPair ? one : pair)),
    command('m', 'Messages', 'Selected', () => go(`/c/${encodeURIComponent(detail.conversation)}`)),
    command('t', 'Trace', 'Selected', () => go(traceAddress(detail))),
    command('[', 'Previous interaction', 'View', () => toSibling(-1)),
    command(']', 'Next interaction', 'View', () => toSibling(1)),
    linkCommand,
    ...(isPair ? [] : rowCommands('destination', step)),
  ]);
  useKeys({
    Escape: () => go(isPair ? one : `/c/${encodeURIComponent(detail.conversation)}`),
  });
  return (
    <>
      <Heading {...{ detail, one, pair, isPair }} onSibling={toSibling} />
      {isPair ? (
        <SideBySide {...{ detail, names }} left={left ?? chosen} right={right ?? other} />
      ) : (
        <div class="payload-columns">
          <DestinationList {...{ detail, names, chosen }} />
          <OneDestination
            key={`${detail.id} ${detail.project} ${chosen}`}
            {...{ detail }}
            name={chosen}
            onChanged={load}
          />
        </div>
      )}
    </>
  );
}

/** Those that are set up, in the order of the gateway, those that once got something, then those it could send to. */
/** @param wanted a preset is one of them only where the address names it: there are many, and each gets the same spans */
function namesOf({ deliveryLog }: Detail, wanted: string): string[] {
  const seen = deliveryLog.map(({ destination }) => destination);
  const couldGet = destinations.value.filter(({ name, isVendor }) => isVendor || name === wanted);
  return [...new Set([...configured.value.map(({ name }) => name), ...seen, ...couldGet.map(({ name }) => name)])];
}

interface HeadingProps {
  readonly detail: Detail;
  readonly one: string;
  readonly pair: string;
  readonly isPair: boolean;
  onSibling(by: number): void;
}

function Heading({ detail, one, pair, isPair, onSibling }: HeadingProps): JSX.Element {
  const place = siblings.value.indexOf(detail.id);
  useTitle(detail.name);
  const tokens = (detail.inputTokens ?? 0) + (detail.outputTokens ?? 0);
  const conversation = `/c/${encodeURIComponent(detail.conversation)}`;
  return (
    <header class="heading">
      <p class="path">
        <a href={listPlace.href}>Conversations</a> <span>/</span>{' '}
        <a class="mono cut" href={conversation}>
          <Safe text={(detail.interaction as Partial<Interaction>).conversationId ?? detail.conversation} />
        </a>
        {detail.title !== undefined && (
          <span class="cut">
            / <Safe text={detail.title} />
          </span>
        )}
      </p>
      <div class="title">
        <a class="back" href={conversation} aria-label="The conversation">
          <Icon name="left" size={18} />
        </a>
        <h1 class="cut only">
          <Safe text={detail.name} />
        </h1>
        <small title={moment(detail.startTime)}>
          {clock(detail.startTime)}, {duration(detail.duration)}
          {tokens > 0 && `, ${counted(tokens, 'token')}`}
        </small>
        <div class="actions">
          <a class="button" href={conversation}>
            Messages <kbd>M</kbd>
          </a>
          <a class="button" href={traceAddress(detail)}>
            Trace <kbd>T</kbd>
          </a>
          {siblings.value.length > 1 && <Steps {...{ place, onSibling }} />}
        </div>
      </div>
      <div class="layers">
        <nav aria-label="Views">
          <a href={one} aria-current={isPair ? undefined : 'page'}>
            One destination
          </a>
          <a href={pair} aria-current={isPair ? 'page' : undefined}>
            Side by side <kbd>V</kbd>
          </a>
        </nav>
        <StateCounts detail={detail} />
      </div>
    </header>
  );
}

/** Goes to the interaction before and after this one. */
function Steps({ place, onSibling }: { readonly place: number; onSibling(by: number): void }): JSX.Element {
  return (
    <span class="button stepper">
      <button type="button" aria-label="Interaction before" disabled={place <= 0} onClick={() => onSibling(-1)}>
        <Icon name="left" size={11} />
      </button>
      <button
        type="button"
        aria-label="Interaction after"
        disabled={place < 0 || place >= siblings.value.length - 1}
        onClick={() => onSibling(1)}
      >
        <Icon name="right" size={11} />
      </button>
      <span class="dim">
        {count(place + 1)} of {count(siblings.value.length)}
      </span>
    </span>
  );
}

function StateCounts({ detail: { deliveryLog } }: { readonly detail: Detail }): JSX.Element {
  return (
    <p class="totals">
      {WORST_FIRST.toReversed().map((state) => {
        const amount = deliveryLog.filter((each) => each.state === state).length;
        return (
          amount > 0 && (
            <span key={state} class="state">
              <DeliveryMark state={state} />
              <b>{count(amount)}</b> {stateWords[state]}
            </span>
          )
        );
      })}
    </p>
  );
}
