import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Span, ToolSpan } from '../../gateway/api/routes.ts';
import type { ToolExecution } from '../../interaction/interaction.ts';
import { count, duration, moment, money } from '../format.ts';
import { DeliverySection } from '../parts/delivery-links.tsx';
import { Json, parsed } from '../parts/json.tsx';
import { Safe } from '../parts/safe-text.tsx';
import { type TracePlace, traceAddress } from '../places.ts';
import { useSpan } from './conversation-details.tsx';
import { costTitle } from './cost-parts.ts';
import { PanelHeading } from './panel-heading.tsx';
import { isOwn, type SeenRun } from './run-model.ts';
import { type ConversationRow, interactionOf } from './transcript.ts';

interface PanelProps {
  readonly row: ConversationRow;
  readonly seen: SeenRun;
  /** The call that is selected. */
  readonly tool: ToolExecution | undefined;
  /** Spans of the tools that ran within the conversation. */
  readonly toolSpans: readonly ToolSpan[];
  move(step: number): void;
  onClose(): void;
}

/** A call of the run, where one is selected, and the run itself. */
export function RunPanel({ row, seen, tool, toolSpans, move, onClose }: PanelProps): JSX.Element {
  const panel = useRef<HTMLElement>(null);
  // On a phone it is below the lanes.
  useEffect(() => {
    if (tool) panel.current?.scrollIntoView({ block: 'nearest' });
  }, [tool]);
  const { tools } = seen;
  const neighbours = tool && { what: 'call', at: tools.indexOf(tool), of: tools.length, move };
  const span = tool && toolSpans.find(({ callId, traceId }) => callId === tool.id && traceId === row.traceId);
  return (
    <aside ref={panel} class="side-panel" aria-label={tool ? tool.name : 'Run'}>
      {tool && neighbours && (
        <>
          <PanelHeading icon="tool" name={tool.name} className="mono cut" {...{ neighbours, onClose }} />
          <Call {...{ tool, row, span, seen }} />
        </>
      )}
      <section class="panel-body">
        <h3>Run</h3>
        <RunFacts row={row} />
      </section>
      <DeliverySection className="panel-body" row={row} />
    </aside>
  );
}

interface CallProps extends Pick<PanelProps, 'row' | 'seen'> {
  readonly tool: ToolExecution;
  /** Its span, if one arrived. */
  readonly span: ToolSpan | undefined;
}

function Call({ tool, row, span, seen }: CallProps): JSX.Element {
  const { id, startTime, errorType } = tool;
  const whole = useSpan({ traceId: row.traceId, spanId: span?.spanId, project: row.project });
  return (
    <>
      <section class="panel-body">
        <dl>
          {id !== undefined && (
            <Fact name="Call" className="mono">
              <Safe text={id} />
            </Fact>
          )}
          <Fact name="Ran in">{placeOf(tool, whole)}</Fact>
          <Fact name="Started" title={moment(startTime)}>
            {startOf(tool, seen)}
          </Fact>
          <Took {...{ tool, seen }} isAtMost={isInferred(whole)} />
          {span && <SpanFact traceId={span.traceId} spanId={span.spanId} project={row.project} />}
          {errorType !== undefined && (
            <Fact name="Failed" className="bad">
              <Safe text={errorType} />
            </Fact>
          )}
        </dl>
      </section>
      <section class="panel-body">
        <h3>Arguments</h3>
        <Json value={parsed(tool.arguments)} />
      </section>
      <section class="panel-body">
        <h3>Result</h3>
        {tool.result === undefined ? <p class="dim">no result was sent back</p> : <Json value={parsed(tool.result)} />}
      </section>
    </>
  );
}

interface FactProps {
  readonly name: string;
  readonly children: ComponentChildren;
  readonly className?: string;
  readonly title?: string | undefined;
}

function Fact({ name, children, className, title }: FactProps): JSX.Element {
  return (
    <>
      <dt>{name}</dt>
      <dd class={className} title={title}>
        {children}
      </dd>
    </>
  );
}

type Whole = Span | null | undefined;

/** Only the wait for its result was measured, since no `traceTool` ran it. */
function isInferred(span: Whole): boolean {
  return span?.attributes['spanport.inferred'] === true;
}

function placeOf(tool: ToolExecution, span: Whole): string {
  if (!isOwn(tool)) return 'OpenAI';
  if (isInferred(span)) return 'your application, without traceTool';
  return span?.scope?.name === 'spanport' ? 'your application, traceTool' : 'your application';
}

function startOf(tool: ToolExecution, { observations }: SeenRun): string {
  const { startTime } = tool;
  if (startTime === undefined) return 'not known';
  const requested = observations.findLast(({ at, status }) => status === 'requires_action' && at <= startTime + 1);
  if (!isOwn(tool) || !requested) return moment(startTime);
  return `${duration(Math.max(0, startTime - requested.at) / 1_000)} after a request saw the call`;
}

interface TookProps extends Pick<CallProps, 'tool' | 'seen'> {
  readonly isAtMost: boolean;
}

/** How long it ran, and how much of that the run waited for it alone. */
function Took({ tool, seen: { steps }, isAtMost }: TookProps): JSX.Element | null {
  const { startTime, endTime } = tool;
  if (startTime === undefined || endTime === undefined) return null;
  const others = steps.find(({ tools }) => tools.includes(tool))?.tools.filter((each) => each !== tool) ?? [];
  const last = Math.max(0, ...others.map((each) => each.endTime ?? 0));
  const alone = last > 0 && last < endTime ? duration((endTime - Math.max(last, startTime)) / 1_000) : undefined;
  return (
    <Fact name="Took">
      {duration((endTime - startTime) / 1_000)}
      {isAtMost && ' at most'}
      {isOwn(tool) && alone !== undefined && `, so the run waited ${alone} longer`}
    </Fact>
  );
}

function SpanFact(place: TracePlace): JSX.Element {
  return (
    <Fact name="Span" className="span-fact">
      <span class="mono">{place.spanId}</span>
      <a class="link" href={traceAddress(place)}>
        Trace
      </a>
    </Fact>
  );
}

function RunFacts({ row }: { readonly row: ConversationRow }): JSX.Element {
  const { agent, conversationId, requestModel, parameters } = interactionOf(row);
  const temperature = parameters?.temperature;
  return (
    <dl>
      <Fact name="Assistant">
        <Safe text={[agent?.name, agent?.id].filter(Boolean).join(', ') || '—'} />
      </Fact>
      <Fact name="Thread" className="mono">
        <Safe text={conversationId ?? '—'} />
      </Fact>
      <Fact name="Model">
        <Safe text={requestModel ?? row.model ?? '—'} />
        {temperature !== undefined && `, temperature ${temperature}`}
      </Fact>
      <Fact name="Tokens">
        {count(row.inputTokens)} in, {count(row.outputTokens)} out
      </Fact>
      <Fact name="Cost" title={costTitle(row)}>
        {money(row.cost)} USD{row.costOrigin && `, ${row.costOrigin}`}
      </Fact>
      <SpanFact {...row} />
      <Fact name="Clock">your process; whole seconds at OpenAI</Fact>
    </dl>
  );
}
