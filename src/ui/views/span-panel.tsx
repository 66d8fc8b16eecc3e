import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Span } from '../../gateway/api/routes.ts';
import type { Interaction } from '../../interaction/interaction.ts';
import type { Message } from '../../interaction/message.ts';
import { bytes, count, counted, duration, moment } from '../format.ts';
import { CallView } from '../parts/call.tsx';
import { CopyButton } from '../parts/copy-button.tsx';
import { DeliverySection } from '../parts/delivery-links.tsx';
import { Icon } from '../parts/icon.tsx';
import { Json, JsonWithSearch } from '../parts/json.tsx';
import { readable } from '../parts/json-lines.ts';
import { Folded, Words } from '../parts/message.tsx';
import { Role } from '../parts/role.tsx';
import { Safe } from '../parts/safe-text.tsx';
import { traceAddress } from '../places.ts';
import { isOutlined, type Trace } from '../trace-data.ts';
import { useSpan } from './conversation-details.tsx';
import { CopyRequestButton, PanelHeading } from './panel-heading.tsx';
import { Figure, Figures, type FiguresProps, useInteraction } from './span-figures.tsx';
import { kindOf } from './span-kind.ts';

type Tab = 'messages' | 'attributes' | 'events' | 'raw';

interface PanelProps {
  readonly span: Span;
  readonly trace: Trace;
  onClose(): void;
}

/** One span: the messages if it is a call to a model, its attributes, events and links, and its JSON. */
export function SpanPanel({ span: row, trace, onClose }: PanelProps): JSX.Element {
  const whole = useSpan({ ...row, project: trace.project, spanId: isOutlined(row) ? row.spanId : undefined });
  const span = whole ?? row;
  const detail = useInteraction(span.interaction, trace.project);
  const [chosen, setTab] = useState<Tab>();
  const tab = chosen ?? (span.interaction === undefined ? 'attributes' : 'messages');
  const attributes = readable(span.attributes);
  return (
    <aside class="side-panel" aria-label={span.name}>
      <PanelHeading icon={kindOf(span)} name={span.name} hasLink onClose={onClose}>
        <small>
          {duration((span.endTime - span.startTime) / 1_000)}, {shareOf(span, trace)}
        </small>
      </PanelHeading>
      <div class="panel-tabs">
        <div role="tablist" aria-label="Parts of the span">
          {span.interaction !== undefined && <TabButton name="messages" {...{ tab }} onChoose={setTab} />}
          <TabButton
            name="attributes"
            amount={isOutlined(span) ? undefined : Object.keys(attributes).length}
            {...{ tab }}
            onChoose={setTab}
          />
          <TabButton
            name="events"
            amount={isOutlined(span) ? undefined : span.events.length}
            {...{ tab }}
            onChoose={setTab}
          />
          <TabButton name="raw" {...{ tab }} onChoose={setTab} />
        </div>
        <span class="push">
          {span.interaction !== undefined && (
            <CopyRequestButton of={{ id: span.interaction, project: trace.project }} />
          )}
          <CopyButton text={() => JSON.stringify(span, null, 2)}>JSON</CopyButton>
        </span>
      </div>
      <div class="panel-body" role="tabpanel" aria-busy={isOutlined(span)}>
        {span.status === 'error' && (
          <p class="failed">
            <Safe text={span.statusMessage ?? String(span.attributes['error.type'] ?? 'error')} />
          </p>
        )}
        {span.isTruncated && <p class="dim">Attributes were left out because the span was too large.</p>}
        {tab === 'messages' && detail && <Messages {...{ span, detail }} />}
        {tab === 'attributes' && !isOutlined(span) && <Attributes {...{ span, attributes }} project={trace.project} />}
        {tab === 'events' && !isOutlined(span) && <Events span={span} />}
        {tab === 'raw' && !isOutlined(span) && <JsonWithSearch value={span} label="Find in the span" />}
      </div>
    </aside>
  );
}

interface TabProps {
  readonly name: Tab;
  readonly tab: Tab;
  readonly amount?: number | undefined;
  onChoose(tab: Tab): void;
}

function TabButton({ name, tab, amount, onChoose }: TabProps): JSX.Element {
  return (
    <button type="button" role="tab" aria-selected={name === tab} onClick={() => onChoose(name)}>
      {name[0]?.toUpperCase()}
      {name.slice(1)} {amount !== undefined && <small>{count(amount)}</small>}
    </button>
  );
}

function shareOf({ startTime, endTime }: Span, { duration: seconds }: Trace): string {
  const share = seconds > 0 ? ((endTime - startTime) / 1_000 / seconds) * 100 : 0;
  return `${share < 1 ? '< 1' : Math.min(100, Math.round(share))} % of the trace`;
}

function Messages({ span, detail }: FiguresProps): JSX.Element {
  const interaction = detail.interaction as Partial<Interaction>;
  const { systemInstructions = [], inputMessages = [], outputMessages = [], toolDefinitions = [] } = interaction;
  const instructions = systemInstructions.length > 0 ? [{ role: 'system', parts: systemInstructions }] : [];
  return (
    <>
      <Figures {...{ span, detail }} />
      <section class="brief">
        <Input messages={[...instructions, ...inputMessages]} />
      </section>
      <section class="brief">
        {outputMessages.map((message, index) => (
          <Brief key={index} message={message} />
        ))}
        {outputMessages.length === 0 && <p class="dim">No answer was recorded.</p>}
      </section>
      {toolDefinitions.length > 0 && (
        <section class="offered">
          <h3>Offered tools</h3>
          <p class="mono">
            <Safe text={toolDefinitions.map(({ name }) => name).join(', ')} />
          </p>
        </section>
      )}
      <DeliverySection className="offered" row={detail} />
    </>
  );
}

const LAST_INPUTS = 6;

/** A long history shows its end first. */
function Input({ messages }: { readonly messages: readonly Message[] }): JSX.Element {
  const [isWhole, setWhole] = useState(messages.length <= LAST_INPUTS + 2);
  const shown = isWhole ? messages.slice(-500) : messages.slice(-LAST_INPUTS);
  return (
    <>
      {!isWhole && (
        <button type="button" class="link" onClick={() => setWhole(true)}>
          Show {counted(messages.length - LAST_INPUTS, 'earlier message')}
        </button>
      )}
      {shown.map((message, index) => (
        <Brief key={index} message={message} />
      ))}
    </>
  );
}

function Brief({ message }: { readonly message: Message }): JSX.Element {
  const { role, parts } = message;
  const calls = parts.filter((part) => part.type === 'tool_call');
  const results = parts.filter((part) => part.type === 'tool_call_response');
  return (
    <div class="brief-message">
      <Role role={role} />
      <div>
        {parts.map((part, index) =>
          part.type === 'text' ? (
            role === 'system' || role === 'developer' ? (
              <FoldedText key={index} text={part.content} />
            ) : (
              <Words key={index} text={part.content} isModel={role === 'assistant'} />
            )
          ) : part.type === 'reasoning' ? (
            <FoldedText key={index} text={part.content} label="Reasoning" />
          ) : part.type === 'blob' || part.type === 'uri' || part.type === 'file' ? (
            <p key={index} class="dim">
              <Icon name="image" size={13} /> {part.modality}
              {part.type === 'blob' && `, ${bytes(Math.floor((part.content.length * 3) / 4))}`}
            </p>
          ) : null,
        )}
        {calls.map((call, index) => (
          <CallView key={index} call={{ call }} trace={undefined} isBrief />
        ))}
        {results.map((result, index) => (
          <FoldedText key={index} text={textOf(result.response)} />
        ))}
      </div>
    </div>
  );
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

function FoldedText({
  text,
  label = text.slice(0, 200),
}: {
  readonly text: string;
  readonly label?: string;
}): JSX.Element {
  return (
    <Folded label={label}>
      <Safe text={text.slice(0, 100_000)} />
    </Folded>
  );
}

interface AttributesProps {
  readonly span: Span;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly project: string;
}

function Attributes({ span, attributes, project }: AttributesProps): JSX.Element {
  return (
    <>
      <JsonWithSearch
        value={attributes}
        label="Find in attributes"
        whole={counted(Object.keys(attributes).length, 'attribute')}
      />
      <dl class="span-facts">
        <Figure name="Kind" value={span.kind} />
        <Figure name="Service" value={span.service ?? '—'} />
        <Figure name="Started" value={moment(span.startTime)} />
        <Figure name="Scope" value={[span.scope?.name, span.scope?.version].filter(Boolean).join(' ') || '—'} />
        <Figure name="Span" value={span.spanId} />
        <Figure name="Parent" value={span.parentSpanId ?? 'none'} />
      </dl>
      {span.links.length > 0 && (
        <section class="offered">
          <h3>Links</h3>
          {span.links.map(({ traceId, spanId }) => (
            <p key={spanId}>
              <a class="link mono" href={traceAddress({ traceId, spanId, project })}>
                {spanId}
              </a>
            </p>
          ))}
        </section>
      )}
      <section class="offered">
        <h3>Resource</h3>
        <Json value={span.resource} />
      </section>
    </>
  );
}

function Events({ span }: { readonly span: Span }): JSX.Element {
  if (span.events.length === 0) return <p class="dim">The span has no events.</p>;
  return (
    <ul class="span-events">
      {span.events.slice(0, 500).map(({ name, time, attributes }, index) => (
        <li key={index}>
          <p>
            <span class="dim" title={moment(time)}>
              +{duration((time - span.startTime) / 1_000)}
            </span>{' '}
            <Safe text={name} />
          </p>
          {Object.keys(attributes).length > 0 && <Json value={readable(attributes)} />}
        </li>
      ))}
    </ul>
  );
}
