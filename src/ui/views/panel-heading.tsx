import type { ComponentChildren, JSX } from 'preact';
import { api } from '../api.ts';
import { copyLink } from '../clipboard.ts';
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
  readonly hasLink?: boolean;
  /** What is before and after it, where arrows lead there. */
  readonly neighbours?: Neighbours;
  onClose(): void;
}

interface Neighbours {
  /** What each of them is, such as `call`. */
  readonly what: string;
  readonly at: number;
  readonly of: number;
  move(step: number): void;
}

/** What the panel at the right of the rows is about, and how to close it. */
export function PanelHeading(props: HeadingProps): JSX.Element {
  const { icon, name, className = 'cut', children, hasLink = false, neighbours, onClose } = props;
  return (
    <header class={icon}>
      <Icon name={icon} />
      <h2 class={className}>
        <Safe text={name} />
      </h2>
      {children}
      <span class="push">
        {neighbours && <Arrows {...neighbours} />}
        {hasLink && <CopyLinkButton />}
        <button type="button" class="bare" onClick={onClose} aria-label="Close">
          <Icon name="close" />
        </button>
      </span>
    </header>
  );
}

function Arrows({ what, at, of, move }: Neighbours): JSX.Element {
  return (
    <>
      <button type="button" class="bare" aria-label={`Previous ${what}`} disabled={at <= 0} onClick={() => move(-1)}>
        <Icon name="arrowUp" size={13} />
      </button>
      <button type="button" class="bare" aria-label={`Next ${what}`} disabled={at >= of - 1} onClick={() => move(1)}>
        <Icon name="down" size={13} />
      </button>
    </>
  );
}

function CopyLinkButton(): JSX.Element {
  return (
    <button type="button" class="bare" aria-label="Copy a link to this" title="Copy a link to this" onClick={copyLink}>
      <Icon name="link" />
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
