import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Answer, Conversation, FeedbackRow } from '../../gateway/api/routes.ts';
import type { Interaction } from '../../interaction/interaction.ts';
import { api } from '../api.ts';
import { configured } from '../destinations.ts';
import { clockOrDay, count, counted, duration, moment, money, UNKNOWN } from '../format.ts';
import { onAnswer } from '../on-answer.ts';
import { recordsAt, toneOfState } from '../parts/delivery-links.tsx';
import { Given } from '../parts/given.tsx';
import { Icon } from '../parts/icon.tsx';
import { DeliveryMark, stateWords } from '../parts/mark.tsx';
import { When } from '../parts/when.tsx';
import { payloadAddress } from '../places.ts';
import { go, withQuery } from '../router.ts';
import { messageOf, oneLine, withoutMarks } from '../text.ts';
import { now } from '../time.ts';
import { titleOf } from './conversation-columns.tsx';
import { costPartsOf, costTitle } from './cost-parts.ts';
import { groupsOf } from './dead-letters.ts';
import { PeekMenu } from './peek-menu.tsx';
import { retryDead, selectedRow } from './selection.ts';

type Detail = Answer<'getConversation'>;
/** J and K pass many rows: only the one that they stop at is loaded. */
const REST_MILLIS = 120;
const MAX_ROWS = 200;
const MAX_DEAD = 500;

/** One conversation next to the list. What the row knows is there at once, the rest follows and moves nothing. */
export function Peek({ id, items }: { readonly id: string; readonly items: readonly Conversation[] }): JSX.Element {
  const at = items.findIndex((row) => row.id === id);
  const detail = useDetail(id, items[at]?.sequence);
  const row = items[at] ?? detail;
  return (
    <aside class="peek" aria-label="Peek">
      <PeekHead {...{ id, at, items, row }} />
      {row && (
        <div class="peek-content">
          <h2>{titleOf(row)}</h2>
          <p class="dim">
            {row.conversationId !== undefined && `${oneLine(row.conversationId)} · `}
            {row.turns > 0 && `${counted(row.turns, 'turn')} · `}
            <time title={moment(row.firstAt)}>{clockOrDay(row.firstAt, now.value)}</time> to{' '}
            <time title={moment(row.lastAt)}>{clockOrDay(row.lastAt, now.value)}</time>
          </p>
          <Facts row={row} detail={detail} />
          <Words row={row} detail={detail} />
          <Destinations row={row} detail={detail} />
          <Feedback row={row} detail={detail} />
        </div>
      )}
    </aside>
  );
}

function useDetail(id: string, sequence: number | undefined): Detail | undefined {
  const [detail, setDetail] = useState<Detail>();
  useEffect(() => {
    let end: (() => void) | undefined;
    const timer = window.setTimeout(() => {
      end = onAnswer(api.getConversation({ params: { id }, query: { limit: MAX_ROWS } }), setDetail);
    }, REST_MILLIS);
    return () => {
      window.clearTimeout(timer);
      end?.();
    };
  }, [id, sequence]);
  return detail?.id === id ? detail : undefined;
}

interface HeadProps {
  readonly id: string;
  readonly at: number;
  readonly items: readonly Conversation[];
  readonly row: Conversation | undefined;
}

function PeekHead({ id, at, items, row }: HeadProps): JSX.Element {
  const show = (index: number): void => {
    const row = items[index];
    if (!row) return;
    selectedRow.value = row.id;
    go(withQuery({ peek: row.id }), { replace: true });
  };
  return (
    <header class="peek-head">
      <button type="button" class="icon-button" aria-label="Previous" disabled={at <= 0} onClick={() => show(at - 1)}>
        <Icon name="arrowUp" size={13} />
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label="Next"
        disabled={at < 0 || at >= items.length - 1}
        onClick={() => show(at + 1)}
      >
        <Icon name="down" size={13} />
      </button>
      <span class="dim">{at >= 0 && `${count(at + 1)} of ${count(items.length)}`}</span>
      <a class="push peek-open" href={`/c/${encodeURIComponent(id)}`}>
        Open <kbd>↵</kbd>
      </a>
      {row && <PeekMenu row={row} />}
      <a class="icon-button" aria-label="Close the peek" href={withQuery({ peek: undefined })}>
        <Icon name="close" />
      </a>
    </header>
  );
}

function Facts({ row, detail }: SectionProps): JSX.Element {
  const { inputTokens, outputTokens, isEstimated } = row;
  const tokens =
    inputTokens === undefined && outputTokens === undefined
      ? UNKNOWN
      : `${isEstimated ? '~' : ''}${count(inputTokens)} in · ${count(outputTokens)} out`;
  const names = (values: readonly string[]): string => oneLine(values.join(', ')) || UNKNOWN;
  const facts: readonly (readonly [string, ComponentChildren])[] = [
    ['Model', names(row.models)],
    ['Tokens', tokens],
    ['User', names(row.users)],
    ['Cached', cachedOf(detail)],
    ['Prompt', names(row.prompts.length > 0 ? row.prompts : row.agents)],
    ['Cost', <Cost row={row} detail={detail} />],
    ['Service', oneLine(row.service) ?? UNKNOWN],
    ['Duration', duration(row.duration)],
    ['Tools', row.tools.length > 0 ? count(row.tools.length) : UNKNOWN],
    ['Errors', row.errors > 0 ? <span class="bad">{count(row.errors)}</span> : '0'],
  ];
  return (
    <dl class="peek-facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class="cut" title={typeof value === 'string' ? value : undefined}>
            {value}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** The parts are there on hover, once the interactions are loaded. */
function Cost({ row: { cost, isEstimated }, detail }: SectionProps): JSX.Element {
  const costParts = detail && detail.next === undefined ? costPartsOf(detail.rows) : undefined;
  return (
    <span title={costTitle({ cost, costParts })}>
      {cost === undefined ? UNKNOWN : `${isEstimated ? '~' : ''}${money(cost)} USD`}
    </span>
  );
}

/** `110,530 · 60 %`, once the interactions are loaded and if one of them reported it. */
function cachedOf(detail: Detail | undefined): string {
  const rows = (detail?.rows ?? []).flatMap(({ interaction, inputTokens = 0 }) => {
    const { usage } = interaction as Pick<Interaction, 'usage'>;
    return usage?.cacheReadInputTokens === undefined ? [] : [{ cached: usage.cacheReadInputTokens, inputTokens }];
  });
  if (rows.length === 0 || detail?.next !== undefined) return UNKNOWN;
  const cached = rows.reduce((sum, each) => sum + each.cached, 0);
  const input = rows.reduce((sum, each) => sum + each.inputTokens, 0);
  return `${count(cached)}${input > 0 ? ` · ${Math.round((cached / input) * 100)} %` : ''}`;
}

interface SectionProps {
  readonly row: Conversation;
  readonly detail: Detail | undefined;
}

const SHOWN_TOOLS = 3;

function Words({ row, detail }: SectionProps): JSX.Element {
  const last = detail?.rows.at(-1);
  const question = oneLine(last?.title);
  const tools = row.tools.slice(0, SHOWN_TOOLS).map(oneLine).join(' · ');
  const others = row.tools.length - SHOWN_TOOLS;
  return (
    <section>
      <h3>First and last words</h3>
      <dl class="words">
        {row.title !== undefined && <Excerpt who="user">{oneLine(row.title)}</Excerpt>}
        {row.tools.length > 0 && (
          <Excerpt who="tool">
            <span class="mono">
              {tools}
              {others > 0 && ` and ${others} more`}
            </span>
          </Excerpt>
        )}
        {/* Its room is kept while the interactions load. */}
        {row.turns > 1 && (
          <Excerpt who="user" isLine>
            {question && question === oneLine(row.title) ? (
              <span class="dim">no other question</span>
            ) : (
              (question ?? UNKNOWN)
            )}
          </Excerpt>
        )}
        {row.error !== undefined && row.status === 'error' && (
          <Excerpt who="error">
            <span class="bad">{oneLine(row.error)}</span>
          </Excerpt>
        )}
        {row.answer !== undefined && <Excerpt who="assistant">{withoutMarks(row.answer)}</Excerpt>}
      </dl>
      {row.title === undefined && row.answer === undefined && (
        <p class="dim">
          No words are stored. Applications send them unless <code>SPANPORT_CONTENT</code> is <code>none</code>.
        </p>
      )}
    </section>
  );
}

interface ExcerptProps {
  readonly who: string;
  readonly isLine?: boolean;
  readonly children: ComponentChildren;
}

function Excerpt({ who, isLine = false, children }: ExcerptProps): JSX.Element {
  return (
    <div>
      <dt class={`role ${who}`}>{who}</dt>
      <dd class={isLine ? 'line' : ''}>{children}</dd>
    </div>
  );
}

function Destinations({ row, detail }: SectionProps): JSX.Element | null {
  const refused = useRefused(detail);
  if (configured.value.length === 0) return null;
  return (
    <section>
      <h3>Destinations</h3>
      <ul class="peek-destinations">
        {configured.value.map(({ name }) => {
          const state = row.deliveries[name];
          const { target, text } = recordsAt(detail?.rows ?? [], name);
          const isWhole = detail !== undefined && detail.next === undefined;
          const { causes = '', reason } = refused.get(name) ?? {};
          return (
            <li key={name}>
              <span>{state && <DeliveryMark state={state} />}</span>
              {target ? <a href={payloadAddress(target, name)}>{name}</a> : <span>{name}</span>}
              <span class={`cut ${toneOfState(state)}`}>
                {state === undefined ? 'not seen here' : `${isWhole ? text : stateWords[state]}${causes}`}
              </span>
              {state === 'dead' && (
                <>
                  <RetryButton key={row.id} id={row.id} destination={name} />
                  <p class="cut bad" title={reason}>
                    {oneLine(reason)}
                  </p>
                </>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

interface Refused {
  /** `, one cause` */
  readonly causes: string;
  /** Of the latest: `422, messages.2.properties.tool_results: too long` */
  readonly reason: string;
}

const NOTHING_REFUSED: ReadonlyMap<string, Refused> = new Map();

/** Why dead letters of this conversation were refused, by destination. */
function useRefused(detail: Detail | undefined): ReadonlyMap<string, Refused> {
  const [refused, setRefused] = useState(NOTHING_REFUSED);
  useEffect(() => {
    setRefused(NOTHING_REFUSED);
    const rows = detail?.rows ?? [];
    const names = configured.value.filter(({ name }) => rows.some(({ deliveries }) => deliveries[name] === 'dead'));
    const own = new Set(rows.map(({ id, project }) => `${id} ${project}`));
    const refusedAt = async ({ name }: { readonly name: string }): Promise<[string, Refused][]> => {
      const { items } = await api.listDeliveries({ params: { name }, query: { state: 'dead', limit: MAX_DEAD } });
      const groups = groupsOf(items.filter(({ interaction, project }) => own.has(`${interaction} ${project}`)));
      return groups.slice(0, 1).map(({ status, reason }) => [
        name,
        {
          causes: groups.length > 1 ? `, ${groups.length} causes` : ', one cause',
          reason: `${status ? `${status}, ` : ''}${reason}`,
        },
      ]);
    };
    return onAnswer(Promise.all(names.map(refusedAt)), (found) => setRefused(new Map(found.flat())));
  }, [detail]);
  return refused;
}

function RetryButton({ id, destination }: { readonly id: string; readonly destination: string }): JSX.Element {
  const [result, setResult] = useState<string>();
  const retry = (): void => {
    setResult('Sending');
    retryDead(id, destination).then(
      (changed) => setResult(`${count(changed)} sent again`),
      (error: unknown) => setResult(messageOf(error)),
    );
  };
  if (result !== undefined) return <span class="dim">{result}</span>;
  return (
    <button type="button" class="link" onClick={retry}>
      Retry
    </button>
  );
}

const MAX_FEEDBACK = 3;

function Feedback({ row, detail }: SectionProps): JSX.Element | null {
  const [items, setItems] = useState<readonly FeedbackRow[]>([]);
  const rated = (detail?.rows ?? []).filter(({ feedback }) => feedback.up + feedback.down > 0).slice(-MAX_FEEDBACK);
  useEffect(() => {
    setItems([]);
    return onAnswer(
      Promise.all(rated.map(({ id, project }) => api.getInteraction({ params: { id }, query: { project } }))),
      (found) => setItems(found.flatMap(({ feedbackLog }) => feedbackLog)),
    );
  }, [detail]);
  const { up, down } = row.feedback;
  if (up + down === 0) return null;
  return (
    <section>
      <h3>Feedback</h3>
      {items.length === 0 && <p>{`${count(up)} up, ${count(down)} down`}</p>}
      {items.map((each) => (
        <p key={each.id} class="peek-feedback">
          <Icon name={each.rating === 'positive' ? 'up' : 'thumbDown'} />
          <Given feedback={each} />
          <span class="push dim">
            {oneLine(each.user)}
            <When at={each.at} />
          </span>
        </p>
      ))}
    </section>
  );
}
