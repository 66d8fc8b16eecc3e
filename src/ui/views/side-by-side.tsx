import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Answer } from '../../gateway/api/routes.ts';
import { api } from '../api.ts';
import { destinations } from '../destinations.ts';
import { count } from '../format.ts';
import { useCommands } from '../keyboard.ts';
import { onAnswer } from '../on-answer.ts';
import { Icon } from '../parts/icon.tsx';
import { pathOf } from '../parts/json-lines.ts';
import { Safe } from '../parts/safe-text.tsx';
import { DeliveryMark, NotSetUpMark } from '../parts/state-mark.tsx';
import { address, go, withQuery } from '../router.ts';
import { command } from '../shortcuts.ts';
import { BothAsJson, type SideData } from './both-as-json.tsx';
import { complainedPaths, type Detail, usePayload } from './payload-data.ts';

interface SideBySideProps {
  readonly detail: Detail;
  readonly names: readonly string[];
  readonly left: string;
  readonly right: string;
}

/** The payloads of two destinations: the same fact of both in one row, or both as JSON. */
export function SideBySide({ detail, names, left, right }: SideBySideProps): JSX.Element {
  const one = useSide(detail, left);
  const other = useSide(detail, right);
  const mode = address.value.query.get('as') === 'json' ? 'json' : 'meaning';
  const compared = useCompared(detail, left, right);
  const change = (side: 'left' | 'right', by: number): void => {
    const now = side === 'left' ? left : right;
    const next = names[(names.indexOf(now) + by + names.length) % names.length];
    if (next !== undefined) go(withQuery({ left, right, [side]: next }), { replace: true });
  };
  const swap = (): void => go(withQuery({ left: right, right: left }), { replace: true });
  useCommands([
    command('ArrowLeft', 'Right side: previous destination', 'View', () => change('right', -1)),
    command('ArrowRight', 'Right side: next destination', 'View', () => change('right', 1)),
    command('Shift+ArrowLeft', 'Left side: previous destination', 'View', () => change('left', -1)),
    command('Shift+ArrowRight', 'Left side: next destination', 'View', () => change('left', 1)),
    command('w', 'Swap the sides', 'View', swap),
  ]);
  const isLoading = one.isLoading || other.isLoading || compared === undefined;
  const groups = compared?.groups;
  return (
    <div class="pair" aria-busy={isLoading}>
      <div class="pair-head pair-row">
        <Modes mode={mode} />
        <Picker side="left" {...{ detail, names }} data={one} />
        <button type="button" class="bare swap" aria-label="Swap the two" title="Swap the two (W)" onClick={swap}>
          <Icon name="http" />
        </button>
        <Picker side="right" {...{ detail, names }} data={other} />
      </div>
      {mode === 'json' ? (
        <BothAsJson left={one} right={other} />
      ) : isLoading ? (
        <div class="meanings" />
      ) : groups ? (
        <Meanings {...{ groups }} left={one} right={other} />
      ) : (
        <NoFields names={[left, right].filter(isNoVendor)} />
      )}
      <Foot groups={groups ?? []} {...{ left, right }} />
    </div>
  );
}

function Modes({ mode }: { readonly mode: 'meaning' | 'json' }): JSX.Element {
  return (
    <span class="segments" role="group" aria-label="Shown">
      <button
        type="button"
        aria-pressed={mode === 'meaning'}
        onClick={() => go(withQuery({ as: undefined }), { replace: true })}
      >
        By meaning
      </button>
      <button
        type="button"
        aria-pressed={mode === 'json'}
        onClick={() => go(withQuery({ as: 'json' }), { replace: true })}
      >
        JSON
      </button>
    </span>
  );
}

function isNoVendor(name: string): boolean {
  return !destinations.value.some((each) => each.name === name && each.isVendor);
}

function useSide(detail: Detail, name: string): SideData {
  const { payload, problem } = usePayload(detail, name);
  const delivery = detail.deliveryLog.find(({ destination }) => destination === name);
  return {
    name,
    request: payload?.request,
    complained: new Set(complainedPaths(payload?.request?.body, delivery)),
    isLoading: payload === undefined && problem === undefined,
  };
}

type Compared = Answer<'comparePayloads'>;
type MeaningGroup = NonNullable<Compared['groups']>[number];
type MeaningRow = MeaningGroup['rows'][number];
type Place = NonNullable<MeaningRow['left']>;
type Verdict = MeaningRow['verdict'];

/** Undefined while it is on its way. */
function useCompared({ id, project, sequence }: Detail, left: string, right: string): Compared | undefined {
  const [compared, setCompared] = useState<Compared>();
  useEffect(() => {
    setCompared(undefined);
    const call = { params: { id }, query: { left, right, project } };
    return onAnswer(api.comparePayloads(call), setCompared, () => setCompared({}));
  }, [id, project, sequence, left, right]);
  return compared;
}

interface PickerProps {
  readonly side: 'left' | 'right';
  readonly detail: Detail;
  readonly names: readonly string[];
  readonly data: SideData;
}

function Picker({ side, detail, names, data: { name, request } }: PickerProps): JSX.Element {
  const delivery = detail.deliveryLog.find(({ destination }) => destination === name);
  const path = request && URL.canParse(request.url) ? new URL(request.url).pathname : '';
  return (
    <span class="picker">
      {delivery ? <DeliveryMark state={delivery.state} /> : <NotSetUpMark />}
      <span class="select">
        <select
          aria-label={side === 'left' ? 'Left destination' : 'Right destination'}
          value={name}
          onChange={({ currentTarget }) => go(withQuery({ [side]: currentTarget.value }), { replace: true })}
        >
          {names.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
        <Icon name="down" size={11} />
      </span>
      <span class="mono cut">{request && `${request.method} ${path}`}</span>
    </span>
  );
}

interface MeaningsProps {
  readonly groups: readonly MeaningGroup[];
  readonly left: SideData;
  readonly right: SideData;
}

function Meanings({ groups, left, right }: MeaningsProps): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by key
    <div class="meanings" tabIndex={0}>
      <table>
        <colgroup>
          <col class="fact" />
          <col class="path" />
          <col />
          <col class="verdict" />
          <col class="path" />
          <col />
        </colgroup>
        <thead class="spoken">
          <tr>
            <th scope="col">Fact</th>
            <th scope="col">Field of {left.name}</th>
            <th scope="col">Its value</th>
            <th scope="col">Compared</th>
            <th scope="col">Field of {right.name}</th>
            <th scope="col">Its value</th>
          </tr>
        </thead>
        {groups.map(({ name, rows }) => (
          <tbody key={name}>
            <tr class="group">
              <th scope="rowgroup" colSpan={6}>
                {name}
              </th>
            </tr>
            {rows.map((row) => (
              <Meaning key={row.name} row={row} left={left} right={right} />
            ))}
          </tbody>
        ))}
      </table>
    </div>
  );
}

const verdictMarks: Readonly<Record<Verdict, readonly [mark: string, words: string]>> = {
  same: ['=', 'the same in both'],
  shape: ['≈', 'the same fact in another shape'],
  left: ['', 'only in the left one'],
  right: ['', 'only in the right one'],
  neither: ['', 'in neither'],
};

function Meaning({
  row,
  left,
  right,
}: {
  readonly row: MeaningRow;
  readonly left: SideData;
  readonly right: SideData;
}): JSX.Element {
  const { name, verdict } = row;
  const [mark, words] = verdictMarks[verdict];
  const isComplained = isIn(row.left, left.complained) || isIn(row.right, right.complained);
  return (
    <tr class={`${verdict}${isComplained ? ' complained' : ''}`}>
      <th scope="row">{name}</th>
      <PlaceCells place={row.left} />
      <td class="verdict" title={words}>
        <span aria-hidden="true">{mark}</span>
        <span class="spoken">{words}</span>
      </td>
      <PlaceCells place={row.right} />
    </tr>
  );
}

function isIn(place: Place | undefined, paths: ReadonlySet<string>): boolean {
  if (!place) return false;
  return (
    place.keys.some((_, index) => paths.has(pathOf(place.keys.slice(0, index + 1)))) ||
    [...paths].some((path) => path.startsWith(pathOf(place.keys)))
  );
}

function PlaceCells({ place }: { readonly place: Place | undefined }): JSX.Element {
  if (!place) {
    return (
      <td class="nowhere" colSpan={2}>
        no place for it
      </td>
    );
  }
  const { path, text } = place;
  return (
    <>
      <td class="mono path" title={path}>
        <Safe text={ending(path)} />
      </td>
      <td class="mono" title={text}>
        <Safe text={text} />
      </td>
    </>
  );
}

const PATH = 36;

/** The end of a path says more about it than its beginning. */
function ending(path: string): string {
  return path.length <= PATH ? path : `…${path.slice(1 - PATH)}`;
}

function NoFields({ names }: { readonly names: readonly string[] }): JSX.Element {
  return (
    <div class="empty">
      <h2>{names.join(' and ')} gets spans, and no payload of a vendor.</h2>
      <p>
        Only vendors have a table of their fields.{' '}
        <a class="link" href={withQuery({ as: 'json' })}>
          Both as JSON
        </a>
      </p>
    </div>
  );
}

interface FootProps {
  readonly groups: readonly MeaningGroup[];
  readonly left: string;
  readonly right: string;
}

function Foot({ groups, left, right }: FootProps): JSX.Element {
  const rows = groups.flatMap((group) => group.rows);
  const amount = (verdict: Verdict): number => rows.filter((row) => row.verdict === verdict).length;
  const all: readonly (readonly [Verdict, string])[] = [
    ['same', 'the same in both'],
    ['shape', 'in another shape'],
    ['left', `only in ${left}`],
    ['right', `only in ${right}`],
    ['neither', 'in neither'],
  ];
  return (
    <footer class="pair-foot">
      {all.map(([verdict, words]) => (
        <span key={verdict}>
          <b>{count(amount(verdict))}</b> {words}
        </span>
      ))}
      <span class="push keys">
        <kbd>⇧←</kbd> <kbd>⇧→</kbd> change left <kbd>←</kbd> <kbd>→</kbd> change right <kbd>W</kbd> swap
      </span>
    </footer>
  );
}
