import type { JSX } from 'preact';
import type { DeliveryState } from '../../gateway/api/routes.ts';
import { strip } from '../destinations.ts';
import { worstOf } from '../strip.ts';
import { DeliveryMark, deliverySentence, stateWords } from './mark.tsx';

/** Two letters for each name, as with chemical elements: its first, and the next one that makes it differ. */
export function symbolsOf(names: readonly string[]): string[] {
  const symbols: string[] = [];
  for (const name of names) {
    const first = name[0]?.toUpperCase() ?? '';
    const second = [...name.slice(1)].find((letter) => !symbols.includes(first + letter));
    symbols.push(first + (second ?? name[1] ?? ''));
  }
  return symbols;
}

type Deliveries = Readonly<Record<string, DeliveryState>>;

interface StripProps {
  readonly deliveries: Deliveries;
  /** Within a row that is a link: the row stays the one tab stop, and the marks lie above it. */
  readonly isInRow?: boolean;
  /** With the two letters of each destination, where no heads stand above the marks. */
  readonly hasNames?: boolean;
  /** Where the payload of a destination is shown. */
  hrefOf(destination: string): string;
}

/** The states of one record at all destinations, in the one order that the whole page uses. Each mark opens a payload. */
export function DeliveryStrip({ deliveries, isInRow = false, hasNames = false, hrefOf }: StripProps): JSX.Element {
  const { shown, folded } = strip.value;
  const symbols = hasNames ? symbolsOf(shown.map(({ name }) => name)) : [];
  const link = (name: string, state: DeliveryState, label: string, amount?: number, symbol?: string): JSX.Element => (
    <a
      key={name}
      href={hrefOf(name)}
      title={label}
      aria-label={label}
      class={isInRow ? 'above' : undefined}
      tabIndex={isInRow ? -1 : undefined}
    >
      {symbol}
      <DeliveryMark state={state} />
      {amount !== undefined && <small>{amount}</small>}
    </a>
  );
  return (
    <span
      class={hasNames ? 'strip-named' : 'strip'}
      role="group"
      aria-label={deliverySentence(deliveries) || 'not sent anywhere'}
    >
      {shown.map(({ name }, index) => {
        const state = deliveries[name];
        if (!state) return <span key={name} />;
        return link(name, state, `${name}: ${stateWords[state]}`, undefined, symbols[index]);
      })}
      {folded.length > 0 && <Folded names={folded.map(({ name }) => name)} {...{ deliveries, link }} />}
    </span>
  );
}

interface FoldedProps {
  readonly names: readonly string[];
  readonly deliveries: Deliveries;
  link(name: string, state: DeliveryState, label: string, amount: number): JSX.Element;
}

/** The destinations that have no column of their own: the worst state among them, and how many got the record. */
function Folded({ names, deliveries, link }: FoldedProps): JSX.Element | null {
  const own = Object.fromEntries(names.flatMap((name) => (deliveries[name] ? [[name, deliveries[name]]] : [])));
  const worst = worstOf(Object.values(own));
  const name = names.find((each) => own[each] === worst);
  if (!worst || name === undefined) return null;
  return link(name, worst, deliverySentence(own), Object.keys(own).length);
}

export function DeliveryHeads(): JSX.Element {
  const { shown, folded } = strip.value;
  const symbols = symbolsOf(shown.map(({ name }) => name));
  return (
    <span class="strip heads" aria-hidden="true">
      {shown.map(({ name }, index) => (
        <span key={name} title={name}>
          {symbols[index]}
        </span>
      ))}
      {folded.length > 0 && <span title={folded.map(({ name }) => name).join(', ')}>+{folded.length}</span>}
    </span>
  );
}
