import type { ComponentChildren, JSX } from 'preact';
import { api } from '../api.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { curlOfRequest } from '../parts/curl.ts';
import { Icon, type IconName } from '../parts/icon.tsx';
import { Safe } from '../parts/safe-text.tsx';
import type { InteractionKey } from '../places.ts';

interface HeadingProps {
  readonly icon: IconName;
  readonly name: string;
  readonly className?: string;
  /** Between the name and the buttons. */
  readonly children?: ComponentChildren;
  /** Whether the address of the page names what the panel shows. */
  readonly hasLink: boolean;
  onClose(): void;
}

/** What the panel at the right of the rows is about, and how to close it. */
export function PanelHeading({ icon, name, className = 'cut', children, hasLink, onClose }: HeadingProps): JSX.Element {
  return (
    <header>
      <Icon name={icon} />
      <h2 class={className}>
        <Safe text={name} />
      </h2>
      {children}
      <span class="push">
        {hasLink && <CopyLinkButton />}
        <button type="button" class="bare" onClick={onClose} aria-label="Close">
          <Icon name="close" />
        </button>
      </span>
    </header>
  );
}

function CopyLinkButton(): JSX.Element {
  return (
    <button
      type="button"
      class="bare"
      aria-label="Copy a link to this"
      title="Copy a link to this"
      onClick={() => void navigator.clipboard.writeText(window.location.href).catch(() => {})}
    >
      <Icon name="linkTo" />
    </button>
  );
}

/** The request of an interaction. */
export function CopyRequestButton({ of: { id, project } }: { readonly of: InteractionKey }): JSX.Element {
  return (
    <CopyButton
      title="Copy the request to the model as curl, without its key"
      text={async () => curlOfRequest(await api.getRequest({ params: { id }, query: { project } }))}
    >
      curl
    </CopyButton>
  );
}
