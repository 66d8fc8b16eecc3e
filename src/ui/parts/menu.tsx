import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useKeys } from '../keyboard.ts';
import { Icon, type IconName } from './icon.tsx';

interface MenuProps {
  readonly label: ComponentChildren;
  /** What the button does, where its content is not text. */
  readonly title?: string;
  readonly icon?: IconName;
  readonly children: (close: () => void) => ComponentChildren;
}

/** A button with a panel below it. Arrows move through it. It closes by Escape, by a click elsewhere, and when the focus leaves. */
export function Menu({ label, title, icon = 'down', children }: MenuProps): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const close = (): void => {
    setOpen(false);
    root.current?.querySelector('button')?.focus();
  };
  return (
    <div class="menu" ref={root}>
      <button
        type="button"
        class="button"
        aria-haspopup="true"
        aria-expanded={isOpen}
        aria-label={title}
        title={title}
        onClick={() => setOpen(!isOpen)}
      >
        {label}
        <Icon name={icon} size={icon === 'down' ? 11 : 14} />
      </button>
      {isOpen && (
        <Panel root={root} onClose={close} onLeave={() => setOpen(false)}>
          {children(close)}
        </Panel>
      )}
    </div>
  );
}

interface PanelProps {
  readonly root: { readonly current: HTMLElement | null };
  readonly children: ComponentChildren;
  onClose(): void;
  onLeave(): void;
}

function Panel({ root, children, onClose, onLeave }: PanelProps): JSX.Element {
  const move = (step: number): void => {
    const all = [...(root.current?.querySelectorAll<HTMLElement>('.menu-panel :is(button, input):enabled') ?? [])];
    const at = all.findIndex((each) => each.contains(document.activeElement));
    all[(Math.max(at, step < 0 ? 0 : -1) + step + all.length) % all.length]?.focus();
  };
  useKeys({ Escape: onClose, ArrowDown: () => move(1), ArrowUp: () => move(-1) });
  useEffect(() => {
    const leave = (event: Event): void => {
      if (event.target instanceof Node && !root.current?.contains(event.target)) onLeave();
    };
    document.addEventListener('pointerdown', leave);
    document.addEventListener('focusin', leave);
    return () => {
      document.removeEventListener('pointerdown', leave);
      document.removeEventListener('focusin', leave);
    };
  });
  return <div class="floating menu-panel">{children}</div>;
}
