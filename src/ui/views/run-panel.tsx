import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { ToolSpan } from '../../gateway/api/routes.ts';
import type { ToolExecution } from '../../interaction/interaction.ts';
import { count, duration, moment, money } from '../format.ts';
import { DeliverySection } from '../parts/delivery-links.tsx';
import { Json, parsed } from '../parts/json.tsx';
import { Safe } from '../parts/safe-text.tsx';
import { type TracePlace, traceAddress } from '../places.ts';
import { costTitle } from './cost-parts.ts';
import { PanelHeading } from './panel-heading.tsx';
import type { Observation } from './run-model.ts';
import { type ConversationRow, interactionOf } from './transcript.ts';

interface PanelProps {
  readonly row: ConversationRow;
  /** The call that is selected. */
  readonly tool: ToolExecution | undefined;
  /** Its span, if one arrived. */
  readonly span: ToolSpan | undefined;
  readonly observations: readonly Observation[];
  onClose(): void;
}

/** A call of the application's tools, where one is selected, and the run itself. */
export function RunPanel({ row, tool, span, observations, onClose }: PanelProps): JSX.Element {
  const panel = useRef<HTMLElement>(null);
  // On a phone it is below the lanes.
  useEffect(() => {
    if (tool) panel.current?.scrollIntoView({ block: 'nearest' });
  }, [tool]);
  return (
    <aside ref={panel} class="side-panel" aria-label={tool ? tool.name : 'Run'}>
      {tool && (
        <>
          <PanelHeading icon="tool" name={tool.name} className="mono cut" hasLink={false} onClose={onClose} />
          <Call {...{ tool, row, span, observations }} />
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

function Call({
  tool,
  row,
  span,
  observations,
}: Omit<PanelProps, 'onClose'> & { readonly tool: ToolExecution }): JSX.Element {
  const { id, startTime, endTime, errorType } = tool;
  const others = interactionOf(row).toolExecutions?.filter((each) => each !== tool) ?? [];
  const longest = Math.max(0, ...others.map((each) => each.endTime ?? 0));
  return (
    <>
      <section class="panel-body">
        <dl>
          {id !== undefined && (
            <>
              <dt>Call</dt>
              <dd class="mono">
                <Safe text={id} />
              </dd>
            </>
          )}
          <Started tool={tool} observations={observations} />
          {startTime !== undefined && endTime !== undefined && (
            <>
              <dt>Took</dt>
              <dd>
                {duration((endTime - startTime) / 1_000)}
                {longest > 0 &&
                  longest < endTime &&
                  `, so the run waited ${duration((endTime - longest) / 1_000)} longer`}
              </dd>
            </>
          )}
          {span && <SpanFact traceId={span.traceId} spanId={span.spanId} project={row.project} />}
          {errorType !== undefined && (
            <>
              <dt>Failed</dt>
              <dd class="bad">
                <Safe text={errorType} />
              </dd>
            </>
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

function Started({
  tool,
  observations,
}: Pick<PanelProps, 'observations'> & { readonly tool: ToolExecution }): JSX.Element {
  const { startTime } = tool;
  const requested = observations.findLast(
    ({ at, status }) => status === 'requires_action' && at <= (startTime ?? 0) + 1,
  );
  return (
    <>
      <dt>Started</dt>
      <dd title={startTime === undefined ? undefined : moment(startTime)}>
        {startTime === undefined
          ? 'not known'
          : requested
            ? `${duration(Math.max(0, startTime - requested.at) / 1_000)} after a request saw the call`
            : moment(startTime)}
      </dd>
    </>
  );
}

function SpanFact(place: TracePlace): JSX.Element {
  return (
    <>
      <dt>Span</dt>
      <dd class="mono">
        <a class="link" href={traceAddress(place)}>
          {place.spanId}
        </a>
      </dd>
    </>
  );
}

function RunFacts({ row }: { readonly row: ConversationRow }): JSX.Element {
  const { agent, conversationId, requestModel, parameters } = interactionOf(row);
  const temperature = parameters?.temperature;
  return (
    <dl>
      <dt>Assistant</dt>
      <dd>
        <Safe text={[agent?.name, agent?.id].filter(Boolean).join(', ') || '—'} />
      </dd>
      <dt>Thread</dt>
      <dd class="mono">
        <Safe text={conversationId ?? '—'} />
      </dd>
      <dt>Model</dt>
      <dd>
        <Safe text={requestModel ?? row.model ?? '—'} />
        {temperature !== undefined && `, temperature ${temperature}`}
      </dd>
      <dt>Tokens</dt>
      <dd>
        {count(row.inputTokens)} in, {count(row.outputTokens)} out
      </dd>
      <dt>Cost</dt>
      <dd title={costTitle(row)}>
        {money(row.cost)} USD{row.costOrigin && `, ${row.costOrigin}`}
      </dd>
      <SpanFact {...row} />
      <dt>Clock</dt>
      <dd>that of your application; OpenAI reports whole seconds</dd>
    </dl>
  );
}
