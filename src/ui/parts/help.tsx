import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { type Command, currentCommands } from '../keyboard.ts';
import { closeOverlay } from '../overlays.ts';
import { Dialog } from './dialog.tsx';
import { Icon } from './icon.tsx';
import { Caps } from './keys.tsx';

const GROUPS = ['Selected', 'View', 'Go'] as const;
const headings = { Selected: 'What is selected', View: 'This view', Go: 'Everywhere' } as const;

/** The keys of the view that is open. */
export function Help(): JSX.Element {
  const commands = useMemo(() => currentCommands().filter(({ keys }) => keys.length > 0), []);
  return (
    <Dialog label="Keys" name="help" onClose={closeOverlay}>
      <header>
        <h2>Keys</h2>
        <button type="button" class="icon-button" aria-label="Close" onClick={closeOverlay}>
          <Icon name="close" />
        </button>
      </header>
      {/* On a phone it scrolls. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keys */}
      <div class="help-groups" tabIndex={0}>
        {GROUPS.map((group) => (
          <HelpGroup key={group} heading={headings[group]} commands={commands.filter((each) => each.group === group)} />
        ))}
      </div>
    </Dialog>
  );
}

function HelpGroup({
  heading,
  commands,
}: {
  readonly heading: string;
  readonly commands: readonly Command[];
}): JSX.Element | null {
  if (commands.length === 0) return null;
  return (
    <section>
      <h3>{heading}</h3>
      <dl>
        {commands.map(({ keys, label }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>
              {keys.map((each) => (
                <Caps key={each} keys={each} />
              ))}
              <span class="spoken">{keys.join(', ')}</span>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
