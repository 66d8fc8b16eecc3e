import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import './popover.css';

interface PopoverProps {
  readonly label: string;
  readonly children: ComponentChildren;
  onClose(): void;
}

/** A panel below the button that opened it. Escape and a click elsewhere close it; the focus returns to where it was. */
export function Popover({ label, children, onClose }: PopoverProps): JSX.Element {
  const panel = useRef<HTMLDivElement>(null);
  const close = useRef(onClose);
  close.current = onClose;
  useEffect(() => {
    const before = document.activeElement;
    panel.current?.querySelector<HTMLElement>('button, a, input')?.focus();
    const listen = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      event.preventDefault();
      close.current();
    };
    const leave = (event: Event): void => {
      const { target } = event;
      if (target instanceof Node && !panel.current?.parentElement?.contains(target)) close.current();
    };
    window.addEventListener('keydown', listen, true);
    document.addEventListener('pointerdown', leave);
    return () => {
      window.removeEventListener('keydown', listen, true);
      document.removeEventListener('pointerdown', leave);
      const { activeElement } = document;
      // What was chosen may have moved the focus.
      if (before instanceof HTMLElement && (activeElement === document.body || activeElement?.closest('.popover')))
        before.focus();
    };
  }, []);
  return (
    <div class="popover" role="dialog" aria-label={label} ref={panel}>
      {children}
    </div>
  );
}
