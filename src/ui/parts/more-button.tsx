import type { ComponentChildren, JSX } from 'preact';
import { Icon } from './icon.tsx';

interface MoreProps {
  readonly isOpen: boolean;
  readonly children: ComponentChildren;
  onToggle(): void;
}

/** Opens what has no button in a heading, or none on a narrow screen. */
export function MoreButton({ isOpen, children, onToggle }: MoreProps): JSX.Element {
  return (
    <span class="with-popover">
      <button type="button" class="button plain" aria-label="More" aria-expanded={isOpen} onClick={onToggle}>
        <Icon name="more" size={16} />
      </button>
      {isOpen && children}
    </span>
  );
}
