import type { ComponentChildren, JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { useKeys } from '../keyboard.ts';

interface DialogProps {
  readonly label: string;
  readonly name: string;
  readonly children: ComponentChildren;
  onClose(): void;
}

/** A dialog of the browser: it keeps the focus inside, and returns it when it closes. The keys that open one close it. */
export function Dialog({ label, name, children, onClose }: DialogProps): JSX.Element {
  const element = useRef<HTMLDialogElement>(null);
  useKeys({ 'Mod+k': onClose, '?': onClose }, { isModal: true });
  useLayoutEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={element}
      class={`dialog ${name}`}
      aria-label={label}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      // What is pressed outside of the content is the backdrop.
      onPointerDown={(event) => {
        if (event.target === element.current) onClose();
      }}
    >
      <div class="dialog-content">{children}</div>
    </dialog>
  );
}
