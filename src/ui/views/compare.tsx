import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { api } from '../api.ts';
import { copyLink } from '../clipboard.ts';
import { clock, count, dayAndClock, duration, moment, money, UNKNOWN } from '../format.ts';
import { useCommands } from '../keyboard.ts';
import { marked } from '../marked.ts';
import { onAnswer } from '../on-answer.ts';
import { Icon } from '../parts/icon.tsx';
import { LoadingRows } from '../parts/loading-rows.tsx';
import { Menu } from '../parts/menu.tsx';
import { named } from '../places.ts';
import { address, go, listPlace, withQuery } from '../router.ts';
import { command } from '../shortcuts.ts';
import { hasArrived } from '../strip.ts';
import { messageOf, oneLine } from '../text.ts';
import { now } from '../time.ts';
import { useTitle } from '../title.ts';
import { Attributes, attributeRows, Raw } from './compare-attributes.tsx';
import { loadSide, type Side, type Sides } from './compare-side.ts';
import { ComparedWords } from './compare-words.tsx';
import './conversation.css';
import './compare.css';

type Layer = 'words' | 'raw' | 'attributes';

/** Two interactions or conversations next to each other: figures, parameters and words, with what differs. */
export function CompareView(): JSX.Element {
  const { query } = address.value;
  const layer = (['raw', 'attributes'] as const).find((each) => each === query.get('layer')) ?? 'words';
  const isOnlyDifferent = query.get('only') === 'differences';
  const { sides, problem } = useSides(query);
  useTitle('Compare');
  const swap = (): void => {
    const at = (name: string): string | undefined => query.get(name) ?? undefined;
    go(withQuery({ a: at('b'), b: at('a'), 'a-project': at('b-project'), 'b-project': at('a-project') }), {
      replace: true,
    });
  };
  const toggleOnly = (): void =>
    go(withQuery({ only: isOnlyDifferent ? undefined : 'differences' }), { replace: true });
  useCompareCommands(swap, toggleOnly);
  useEffect(
    () => () => {
      marked.value = [];
    },
    [],
  );
  if (problem !== undefined) return <Unavailable problem={problem} />;
  if (!sides) return <LoadingRows />;
  const kind = sides.every((side) => side.kind === 'interaction') ? 'interactions' : 'conversations';
  return (
    <div class="compare">
      <header class="heading">
        <p class="path">
          <a href={listPlace.href}>Conversations</a> <span>/</span> Compare
        </p>
        <div class="title">
          <a class="back" href={listPlace.href} aria-label="All conversations">
            <Icon name="left" size={18} />
          </a>
          <h1>Compare two {kind}</h1>
          <div class="actions">
            <button type="button" class="button" onClick={swap}>
              Swap <kbd>W</kbd>
            </button>
            <button type="button" class="button" onClick={copyLink}>
              <Icon name="link" size={13} /> Link
            </button>
            <button type="button" class="button" aria-pressed={isOnlyDifferent} onClick={toggleOnly}>
              Only differences <kbd>O</kbd>
            </button>
          </div>
        </div>
        <Layers layer={layer} sides={sides} />
      </header>
      <div class="compare-content">
        <Heads sides={sides} />
        {layer === 'words' && (
          <>
            <Facts sides={sides} isOnlyDifferent={isOnlyDifferent} />
            <ComparedWords sides={sides} isOnlyDifferent={isOnlyDifferent} />
            <DeliveryLine sides={sides} />
          </>
        )}
        {layer === 'raw' && <Raw sides={sides} />}
        {layer === 'attributes' && <Attributes sides={sides} isOnlyDifferent={isOnlyDifferent} />}
      </div>
    </div>
  );
}

function useCompareCommands(swap: () => void, toggleOnly: () => void): void {
  const open = (layer: Layer) => (): void => go(withQuery({ layer: layer === 'words' ? undefined : layer }));
  useCommands([
    command('w', 'Swap', 'View', swap),
    command('o', 'Only differences', 'View', toggleOnly),
    command('1', 'Words', 'View', open('words')),
    command('2', 'Side by side, raw', 'View', open('raw')),
    command('3', 'Attributes', 'View', open('attributes')),
    { ...command('Escape', 'Back to the list', 'View', () => go(listPlace.href)), isHelpOnly: true },
  ]);
}

/** The two that the address names, each with its project where it is not the default one. */
function useSides(query: URLSearchParams): {
  readonly sides?: Sides | undefined;
  readonly problem?: string | undefined;
} {
  const [sides, setSides] = useState<Sides>();
  const [problem, setProblem] = useState<string>();
  const [a, b] = [query.get('a') ?? '', query.get('b') ?? ''];
  const [projectOfA, projectOfB] = [query.get('a-project') ?? undefined, query.get('b-project') ?? undefined];
  useEffect(() => {
    setProblem(undefined);
    if (a === '' || b === '') {
      setProblem('Two are needed.');
      return undefined;
    }
    return onAnswer(Promise.all([loadSide(a, projectOfA), loadSide(b, projectOfB)]), setSides, (error) =>
      setProblem(messageOf(error)),
    );
  }, [a, b, projectOfA, projectOfB]);
  return { sides: sides?.[0].id === undefined ? undefined : sides, problem };
}

function Unavailable({ problem }: { readonly problem: string }): JSX.Element {
  return (
    <div class="empty">
      <h2>{problem}</h2>
      <p>
        Mark two rows of a list with <kbd>X</kbd>, then press <kbd>C</kbd>.
      </p>
      <p>
        <a class="link" href="/conversations">
          All conversations
        </a>
      </p>
    </div>
  );
}

function Layers({ layer, sides }: { readonly layer: Layer; readonly sides: Sides }): JSX.Element {
  const different = attributeRows(sides).filter(({ isSame }) => !isSame).length;
  const layers: readonly (readonly [Layer, string])[] = [
    ['words', 'Words'],
    ['raw', 'Side by side, raw'],
    ['attributes', 'Attributes'],
  ];
  return (
    <nav class="layers" aria-label="Layers">
      {layers.map(([name, label]) => (
        <a
          key={name}
          href={withQuery({ layer: name === 'words' ? undefined : name })}
          aria-current={name === layer ? 'page' : undefined}
        >
          {label}
          {name === 'attributes' && <span class="dim">{count(different)} differ</span>}
        </a>
      ))}
    </nav>
  );
}

function Heads({ sides }: { readonly sides: Sides }): JSX.Element {
  return (
    <div class="compare-row compare-heads">
      <span />
      {sides.map((side, index) => (
        <div key={index === 0 ? 'a' : 'b'}>
          <b class="letter">{index === 0 ? 'A' : 'B'}</b>
          <div>
            <div class="compare-title">
              <a href={side.href} title={side.title}>
                {oneLine(side.title)}
              </a>
              <Siblings side={side} name={index === 0 ? 'a' : 'b'} />
            </div>
            <p class="dim cut" title={moment(side.at)}>
              {oneLine(side.detail)} · {dayAndClock(side.at, now.value)}
            </p>
          </div>
        </div>
      ))}
    </div>
  );
}

/** The interactions of the same conversation, each to be compared instead. */
function Siblings({ side, name }: { readonly side: Side; readonly name: 'a' | 'b' }): JSX.Element {
  return (
    <Menu label="" title={`Choose an interaction for ${name.toUpperCase()}`}>
      {(close) => (
        <SiblingList
          side={side}
          onChoose={(id) => {
            close();
            go(withQuery({ [name]: id, [`${name}-project`]: named(side.project) }));
          }}
        />
      )}
    </Menu>
  );
}

function SiblingList({ side, onChoose }: { readonly side: Side; onChoose(id: string): void }): JSX.Element {
  const [rows, setRows] = useState<readonly { readonly id: string; readonly label: string }[]>([]);
  useEffect(() => {
    api.getConversation({ params: { id: side.conversation }, query: { limit: 50 } }).then(
      (found) => setRows(found.rows.map(({ id, name, startTime }) => ({ id, label: `${clock(startTime)}  ${name}` }))),
      () => {},
    );
  }, [side.conversation]);
  return (
    <>
      {rows.map(({ id, label }) => (
        <button key={id} type="button" aria-current={id === side.id ? 'true' : undefined} onClick={() => onChoose(id)}>
          {oneLine(label)}
        </button>
      ))}
    </>
  );
}

/** How each fact is written, and whether its difference is a number or a share. */
const units: Readonly<Record<string, { write(value: number): string; isShare?: boolean; isWorseWhenMore?: boolean }>> =
  {
    'Cost, USD': { write: money, isShare: true, isWorseWhenMore: true },
    'of it input': { write: money, isShare: true },
    'of it output': { write: money, isShare: true },
    'First chunk': { write: duration, isShare: true },
    Duration: { write: duration, isShare: true },
    'Output tokens': { write: count, isShare: true },
  };
const plain = { write: (value: number): string => (Number.isInteger(value) ? count(value) : String(value)) };

/** A rule stands below these. */
const LAST_OF_GROUP = ['Offered tools', 'Tools', 'of it reasoning', 'Output tokens', 'Interactions'];

function Facts({ sides, isOnlyDifferent }: { readonly sides: Sides; readonly isOnlyDifferent: boolean }): JSX.Element {
  const [a, b] = sides;
  const names = [...new Set([...Object.keys(a.facts), ...Object.keys(b.facts)])];
  const shown = names.filter((name) => {
    const [left, right] = [a.facts[name], b.facts[name]];
    return (left !== undefined || right !== undefined) && !(isOnlyDifferent && left === right);
  });
  return (
    <dl class="compare-facts">
      {shown.map((name) => (
        <FactRow key={name} name={name} left={a.facts[name]} right={b.facts[name]} />
      ))}
    </dl>
  );
}

interface FactProps {
  readonly name: string;
  readonly left: string | number | undefined;
  readonly right: string | number | undefined;
}

function FactRow({ name, left, right }: FactProps): JSX.Element {
  const isSame = left === right;
  const { write } = units[name] ?? plain;
  const text = (value: string | number | undefined): string =>
    value === undefined ? UNKNOWN : typeof value === 'number' ? write(value) : (oneLine(value) ?? '');
  const isPart = name.startsWith('of it');
  return (
    <div class={`compare-row${isSame ? ' same' : ''}${LAST_OF_GROUP.includes(name) ? ' last-of-group' : ''}`}>
      <dt class={isPart ? 'part' : ''}>{name}</dt>
      <dd class="cut">{text(left)}</dd>
      <dd class="with-delta">
        <span class="cut">{text(right)}</span>
        {isSame ? <span class="dim">the same</span> : <Delta name={name} left={left} right={right} />}
      </dd>
    </div>
  );
}

function Delta({ name, left, right }: FactProps): JSX.Element | null {
  if (typeof left !== 'number' || typeof right !== 'number') return null;
  const { isShare = false, isWorseWhenMore = false } = units[name] ?? {};
  const change = right - left;
  const sign = change > 0 ? '+' : '−';
  const share = left === 0 ? undefined : Math.round((Math.abs(change) / left) * 100);
  const { write } = units[name] ?? plain;
  const text = isShare && share !== undefined ? `${sign}${count(share)} %` : `${sign}${write(Math.abs(change))}`;
  const isWorse = (isWorseWhenMore && change > 0) || (name === 'of it cached' && change < 0);
  return <span class={isWorse ? 'wait' : 'dim'}>{text}</span>;
}

function DeliveryLine({ sides }: { readonly sides: Sides }): JSX.Element | null {
  const [a, b] = sides.map(({ deliveries }) =>
    Object.keys(deliveries)
      .filter((name) => hasArrived(deliveries[name]))
      .sort(),
  );
  if (!a || !b || a.length + b.length === 0) return null;
  const list = (names: readonly string[]): string => (names.length === 0 ? 'nowhere' : names.join(', '));
  const isSame = a.join() === b.join();
  return (
    <p class="compare-fold dim">
      {isSame ? `Destinations: both are at ${list(a)}` : `Destinations: A is at ${list(a)}; B is at ${list(b)}`}
    </p>
  );
}
