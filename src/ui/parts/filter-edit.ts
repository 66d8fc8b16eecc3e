import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { parseFilter } from '../../store/filter-language.ts';
import { go, withQuery } from '../router.ts';
import { storedList, storeList } from '../stored.ts';
import { RECENT } from './filter-completion.ts';

const APPLY_MILLIS = 250;
const MAX_RECENT = 20;

export interface FilterText {
  readonly text: string;
  change(text: string): void;
  commit(text: string): void;
}

/** The text of the field. The first change of an edit is an entry of the history, the ones that follow replace it. */
export function useFilterText(q: string): FilterText {
  const [text, setText] = useState(q);
  const edit = useRef({ applied: q, isEditing: false, timer: 0 });
  const apply = (next: string): void => {
    const wanted = next.trim();
    if (wanted === edit.current.applied) return;
    const replace = edit.current.isEditing;
    edit.current.isEditing = true;
    edit.current.applied = wanted;
    go(withQuery({ q: wanted }), { replace });
  };
  useLayoutEffect(() => {
    // A link, Back or the palette changed the address.
    if (q === edit.current.applied) return;
    edit.current.applied = q;
    setText(q);
  }, [q]);
  useEffect(() => () => window.clearTimeout(edit.current.timer), []);
  return {
    text,
    change: (next) => {
      setText(next);
      window.clearTimeout(edit.current.timer);
      if (parseFilter(next).errors.length === 0)
        edit.current.timer = window.setTimeout(() => apply(next), APPLY_MILLIS);
    },
    commit: (next) => {
      window.clearTimeout(edit.current.timer);
      setText(next);
      if (parseFilter(next).errors.length > 0) return;
      apply(next);
      edit.current.isEditing = false;
      remember(next.trim());
    },
  };
}

function remember(filter: string): void {
  if (filter === '') return;
  storeList(RECENT, [filter, ...storedList(RECENT).filter((each) => each !== filter)].slice(0, MAX_RECENT));
}
