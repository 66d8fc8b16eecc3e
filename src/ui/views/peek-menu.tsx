import type { JSX } from 'preact';
import type { Conversation } from '../../gateway/api/routes.ts';
import { Caps } from '../parts/keys.tsx';
import { Menu } from '../parts/menu.tsx';
import { commandsOn } from './selection.ts';

/** What can be done with the conversation of the peek, each with its key. */
export function PeekMenu({ row }: { readonly row: Conversation }): JSX.Element {
  return (
    <Menu label={null} title="More" icon="more">
      {(close) =>
        commandsOn(row, true)
          .filter(({ keys }) => !keys.includes(' '))
          .map(({ keys: [key = ''], label, run }) => (
            <button
              key={label}
              type="button"
              onClick={() => {
                close();
                run();
              }}
            >
              {label} <Caps keys={key} />
            </button>
          ))
      }
    </Menu>
  );
}
