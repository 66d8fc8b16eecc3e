import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { counted } from '../format.ts';
import { useCommands } from '../keyboard.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { worstDestination } from '../parts/delivery-links.tsx';
import { JsonWithSearch } from '../parts/json.tsx';
import { readable } from '../parts/json-lines.ts';
import { DeliveryMark } from '../parts/mark.tsx';
import { payloadAddress, traceAddress } from '../places.ts';
import { go } from '../router.ts';
import { command } from '../shortcuts.ts';
import { useSpan } from './conversation-details.tsx';
import { CopyRequestButton, PanelHeading } from './panel-heading.tsx';
import type { ConversationRow } from './transcript.ts';

interface PanelProps {
  readonly row: ConversationRow;
  readonly place: string;
  onClose(): void;
}

/** Details of one interaction next to the rows: its attributes with search, and where to go from here. */
export function InteractionPanel({ row, place, onClose }: PanelProps): JSX.Element {
  const span = useSpan(row);
  const value = useMemo(() => (span ? readable(span.attributes) : row.interaction), [span, row]);
  const destination = worstDestination(row.deliveries);
  useCommands([
    command('d', 'What each destination got', 'Selected', () => {
      if (destination !== undefined) go(payloadAddress(row, destination));
    }),
  ]);
  return (
    <aside class="side-panel" aria-label={row.name}>
      <PanelHeading icon={row.operation === 'invoke_agent' ? 'run' : 'chat'} name={row.name} hasLink onClose={onClose}>
        <small>{place}</small>
      </PanelHeading>
      <p class="actions">
        <CopyRequestButton of={row} />
        <CopyButton text={() => JSON.stringify(value, null, 2)}>JSON</CopyButton>
        <a class="button" href={traceAddress(row)}>
          Trace <kbd>T</kbd>
        </a>
        {destination !== undefined && (
          <a class="button" href={payloadAddress(row, destination)}>
            Destinations <kbd>D</kbd>
            {row.deliveries[destination] && <DeliveryMark state={row.deliveries[destination]} />}
          </a>
        )}
      </p>
      <div class="panel-body">
        <JsonWithSearch
          hasKey
          value={value}
          label="Find in attributes"
          whole={counted(Object.keys(value).length, span ? 'attribute' : 'field')}
        />
      </div>
    </aside>
  );
}
