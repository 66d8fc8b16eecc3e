import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { counted } from '../format.ts';
import { type Change, differenceOf, similarity, textDifference } from '../parts/diff.ts';
import { Icon } from '../parts/icon.tsx';
import { Role } from '../parts/role.tsx';
import { Safe } from '../parts/safe-text.tsx';
import type { ComparedMessage, Sides } from './compare-side.ts';

/** Messages in the same place of both, or of one alone. */
interface Pair {
  readonly left?: ComparedMessage;
  readonly right?: ComparedMessage;
}
type Block =
  | { readonly isSame: true; readonly messages: readonly ComparedMessage[] }
  | ({ readonly isSame: false } & Pair);

interface ComparedWordsProps {
  readonly sides: Sides;
  readonly isOnlyDifferent: boolean;
}

/** The messages of both, word by word. Those that are the same are one line. */
export function ComparedWords({ sides: [a, b], isOnlyDifferent }: ComparedWordsProps): JSX.Element {
  const blocks = useMemo(() => blocksOf(a.messages, b.messages), [a, b]);
  if (blocks.length === 0) return <p class="compare-fold dim">No words are stored of either.</p>;
  return (
    <div class="compare-words">
      {blocks.map((block, index) =>
        block.isSame ? (
          !isOnlyDifferent && <SameMessages key={index} messages={block.messages} />
        ) : (
          <DifferentMessages key={index} left={block.left} right={block.right} />
        ),
      )}
    </div>
  );
}

function blocksOf(a: readonly ComparedMessage[], b: readonly ComparedMessage[]): Block[] {
  const blocks: Block[] = [];
  const waiting: { removed: ComparedMessage[]; added: ComparedMessage[] } = { removed: [], added: [] };
  const flush = (): void => {
    blocks.push(...paired(waiting.removed, waiting.added));
    waiting.removed = [];
    waiting.added = [];
  };
  for (const { kind, items } of differenceOf(a, b, (x, y) => x.role === y.role && x.text === y.text)) {
    if (kind === 'same') {
      flush();
      blocks.push({ isSame: true, messages: items });
    } else waiting[kind].push(...items);
  }
  flush();
  return blocks;
}

/** Messages of the same role stand next to each other. */
function paired(left: readonly ComparedMessage[], right: readonly ComparedMessage[]): Block[] {
  const blocks: Block[] = [];
  const at = { left: 0, right: 0 };
  for (const { kind, items } of differenceOf(left, right, (x, y) => x.role === y.role)) {
    for (const _ of items) {
      const one = kind === 'added' ? undefined : left[at.left++];
      const other = kind === 'removed' ? undefined : right[at.right++];
      blocks.push({ isSame: false, ...(one && { left: one }), ...(other && { right: other }) });
    }
  }
  return blocks;
}

function SameMessages({ messages }: { readonly messages: readonly ComparedMessage[] }): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  const roles = [...new Set(messages.map(({ role }) => role))].join(', ');
  return (
    <>
      <button type="button" class="compare-fold dim" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <Icon name={isOpen ? 'down' : 'right'} size={10} />
        {messages.length === 1 ? 'One message is' : `${counted(messages.length, 'message')} are`} the same: {roles}
      </button>
      {isOpen &&
        messages.map(({ role, text }, index) => (
          <div key={index} class="compare-row compare-message">
            <Role role={role} />
            {[0, 1].map((side) => (
              <p key={side}>
                <Safe text={text} />
              </p>
            ))}
          </div>
        ))}
    </>
  );
}

function DifferentMessages({
  left,
  right,
}: {
  readonly left?: ComparedMessage | undefined;
  readonly right?: ComparedMessage | undefined;
}): JSX.Element {
  const changes = useMemo(() => textDifference(left?.text ?? '', right?.text ?? ''), [left, right]);
  const role = left?.role ?? right?.role ?? '';
  const note = left && right ? `${Math.round(similarity(changes) * 100)} % the same` : left ? 'only in A' : 'only in B';
  return (
    <div class="compare-row compare-message">
      <Role role={role} note={note} />
      <Words changes={changes} without="added" isWhole={!right} />
      <Words changes={changes} without="removed" isWhole={!left} />
    </div>
  );
}

interface WordsProps {
  readonly changes: readonly Change<string>[];
  readonly without: 'added' | 'removed';
  /** The other side has no such message: marking every word would say nothing. */
  readonly isWhole: boolean;
}

function Words({ changes, without, isWhole }: WordsProps): JSX.Element {
  return (
    <p>
      {changes.map(({ kind, items }, index) => {
        if (kind === without) return null;
        const text = items.join('');
        const safe = <Safe key={index} text={text} />;
        if (kind === 'same' || isWhole) return safe;
        return kind === 'added' ? <ins key={index}>{safe}</ins> : <del key={index}>{safe}</del>;
      })}
    </p>
  );
}
