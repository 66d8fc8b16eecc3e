import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { api } from '../api.ts';
import { configured } from '../destinations.ts';
import { counted } from '../format.ts';
import { useCommands } from '../keyboard.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { curlOfRequest } from '../parts/curl.ts';
import { payloadAddress } from '../parts/delivery-links.tsx';
import { Icon } from '../parts/icon.tsx';
import { JsonWithSearch } from '../parts/json.tsx';
import { parsed } from '../parts/json-lines.ts';
import { DeliveryMark } from '../parts/mark.tsx';
import { Safe } from '../parts/safe-text.tsx';
import { go } from '../router.ts';
import { command, linkCommand } from '../shortcuts.ts';
import { useSpan } from './conversation-details.tsx';
import type { ConversationRow } from './transcript.ts';

interface PanelProps {
  readonly row: ConversationRow;
  readonly turn: number | undefined;
  onClose(): void;
}

/** Details of one interaction next to the rows: its attributes with search, and where to go from here. */
export function InteractionPanel({ row, turn, onClose }: PanelProps): JSX.Element {
  const span = useSpan(row.traceId, row.spanId);
  const value = useMemo(() => (span ? readable(span.attributes) : row.interaction), [span, row]);
  const destination = worstDestination(row);
  useCommands([
    command('d', 'What each destination got', 'Selected', () => {
      if (destination !== undefined) go(payloadAddress(row.id, destination));
    }),
    linkCommand,
  ]);
  return (
    <aside class="side-panel" aria-label={row.name}>
      <header>
        <Icon name={row.operation === 'invoke_agent' ? 'run' : 'chat'} />
        <h2 class="cut">
          <Safe text={row.name} />
        </h2>
        {turn !== undefined && <small>turn {turn}</small>}
        <span class="push">
          <CopyLinkButton />
          <button type="button" class="bare" onClick={onClose} aria-label="Close">
            <Icon name="close" />
          </button>
        </span>
      </header>
      <p class="actions">
        <CopyButton
          title="Copy the request to the model as curl, without its key"
          text={async () => curlOfRequest(await api.getRequest({ params: { id: row.id } }))}
        >
          curl
        </CopyButton>
        <CopyButton text={() => JSON.stringify(value, null, 2)}>JSON</CopyButton>
        <a class="button" href={`/t/${row.traceId}?span=${row.spanId}`}>
          Trace <kbd>T</kbd>
        </a>
        {destination !== undefined && (
          <a class="button" href={payloadAddress(row.id, destination)}>
            Destinations <kbd>D</kbd>
            {row.deliveries[destination] && <DeliveryMark state={row.deliveries[destination]} />}
          </a>
        )}
      </p>
      <div class="panel-body">
        <JsonWithSearch
          key={span ? 'span' : 'interaction'}
          value={value}
          label="Find in attributes"
          whole={counted(Object.keys(value).length, span ? 'attribute' : 'field')}
        />
      </div>
    </aside>
  );
}

export function CopyLinkButton(): JSX.Element {
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

/** Messages lie in attributes as text: as a tree they can be read. */
export function readable(attributes: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, parsed(value)]));
}

/** The destination whose state most needs attention. */
function worstDestination({ deliveries }: ConversationRow): string | undefined {
  const names = configured.value.map(({ name }) => name);
  for (const state of ['dead', 'stopped', 'retrying', 'waiting']) {
    const found = names.find((name) => deliveries[name] === state);
    if (found !== undefined) return found;
  }
  return names[0];
}
