import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ToolSpan } from '../../gateway/api/routes.ts';
import type { ToolExecution } from '../../interaction/interaction.ts';
import { counted, duration } from '../format.ts';
import { useCommands, useKeys } from '../keyboard.ts';
import { Icon } from '../parts/icon.tsx';
import { Words } from '../parts/message.tsx';
import { Safe } from '../parts/safe-text.tsx';
import { traceAddress } from '../places.ts';
import { address, go, withQuery } from '../router.ts';
import { command, rowCommands } from '../shortcuts.ts';
import { useSpan } from './conversation-details.tsx';
import { RunLanes } from './run-lanes.tsx';
import {
  hasEnded,
  idOf,
  type Observation,
  type RunRequest,
  type RunTimes,
  requestsOf,
  segmentsOf,
  sentAt,
  sentKind,
  sharesOf,
  stepsOf,
} from './run-model.ts';
import { RunPanel } from './run-panel.tsx';
import { type ConversationRow, interactionOf } from './transcript.ts';
import './run.css';

interface RunProps {
  readonly row: ConversationRow;
  readonly runs: readonly ConversationRow[];
  /** Spans of the tools that ran within the conversation. */
  readonly toolSpans: readonly ToolSpan[];
  readonly base: string;
}

/** One assistant run: the statuses that requests saw, its steps and tools on one axis, and where the time went. */
export function RunLayer({ row, runs, toolSpans, base }: RunProps): JSX.Element {
  const span = useSpan(row);
  const { toolExecutions: tools = [], outputMessages = [] } = interactionOf(row);
  const requests = requestsOf(span ?? undefined);
  const observations = requests.filter((each): each is Observation => each.status !== undefined);
  const times = timesOf(row, observations, tools);
  const segments = segmentsOf(observations, times);
  const steps = stepsOf(tools, outputMessages.length > 0);
  const chosen = address.value.query.get('step') ?? undefined;
  const select = (id: string | undefined): void => go(withQuery({ step: id }), { replace: true });
  const move = (step: number): void => {
    const index = tools.findIndex((tool) => idOf(tool) === chosen);
    const next = tools[Math.min(tools.length - 1, Math.max(0, index + step))];
    if (next) select(idOf(next));
  };
  useCommands([...rowCommands('step', move), command('t', 'Trace', 'Selected', () => go(traceAddress(row)))]);
  useKeys({
    Escape: () => (chosen === undefined ? go('/conversations') : select(undefined)),
  });
  const tool = tools.find((each) => idOf(each) === chosen);
  return (
    <div class="with-panel run">
      <div class="run-body">
        <RunHead row={row} runs={runs} base={base} steps={steps.length} />
        <RunLanes {...{ times, segments, observations, requests, steps, chosen, row }} onSelect={select} />
        <WhereItWent {...{ times, observations }} shares={sharesOf(segments, tools)} />
        <RunMessages row={row} />
        <Instructions row={row} />
        <RequestLog requests={requests} start={times.start} />
      </div>
      <RunPanel
        {...{ row, tool, observations }}
        span={tool && toolSpans.find(({ callId, traceId }) => callId === tool.id && traceId === row.traceId)}
        onClose={() => select(undefined)}
      />
    </div>
  );
}

/** The span may end with the last request that saw the run, a little after a tool: the axis holds all of it. */
function timesOf(
  row: ConversationRow,
  observations: readonly Observation[],
  tools: readonly ToolExecution[],
): RunTimes {
  const starts = [row.startTime, ...observations.map(sentAt)];
  const ends = [row.endTime, ...observations.map(({ at }) => at), ...tools.map(({ endTime }) => endTime ?? 0)];
  return { start: Math.min(...starts), end: Math.max(...ends, Math.min(...starts) + 1) };
}

interface HeadProps extends Omit<RunProps, 'toolSpans'> {
  readonly steps: number;
}

function RunHead({ row, runs, base, steps }: HeadProps): JSX.Element {
  const { run, toolExecutions = [], chunkCount } = interactionOf(row);
  return (
    <p class="run-head">
      {runs.length > 1 ? (
        <select
          aria-label="Run"
          value={row.runId}
          onChange={({ currentTarget }) => go(`${base}/run/${encodeURIComponent(currentTarget.value)}`)}
        >
          {runs.map(({ runId }) => (
            <option key={runId} value={runId}>
              {runId}
            </option>
          ))}
        </select>
      ) : (
        <span class="mono">
          <Safe text={row.runId ?? ''} />
        </span>
      )}
      <b class={run?.status === 'failed' ? 'odd' : ''}>{run?.status ?? 'unknown'}</b>
      <span>{counted(steps, 'step')}</span>
      <span>{counted(toolExecutions.length, 'tool call')}</span>
      {chunkCount !== undefined && <span>{counted(chunkCount, 'chunk')}</span>}
      <span>{duration(row.duration)}</span>
    </p>
  );
}

const shareWords = {
  model: 'model works, seen',
  tools: 'your tools',
  application: 'your application, besides its tools',
  queued: 'queued, seen',
  request: 'create and submit',
  unseen: 'between requests',
} as const;

interface WhereProps {
  readonly times: RunTimes;
  readonly observations: readonly Observation[];
  readonly shares: ReturnType<typeof sharesOf>;
}

function WhereItWent({ times, observations, shares }: WhereProps): JSX.Element {
  const whole = times.end - times.start;
  return (
    <section class="run-section">
      <h2>Where {duration(whole / 1_000)} went</h2>
      <div>
        <div class="where" aria-hidden="true">
          {shares.map(({ kind, millis }) => (
            <span key={kind} class={kind} style={{ width: `${(millis / whole) * 100}%` }} />
          ))}
        </div>
        <ul class="where-list">
          {shares.map(({ kind, millis }) => (
            <li key={kind}>
              <i class={kind} /> <b>{duration(millis / 1_000)}</b> {shareWords[kind]}
            </li>
          ))}
        </ul>
        <Advice observations={observations} shares={shares} />
      </div>
    </section>
  );
}

/** The one thing to change, where there is one. */
function Advice({ observations, shares }: Pick<WhereProps, 'observations' | 'shares'>): JSX.Element | null {
  if (observations.length === 0) {
    return (
      <p class="dim">
        The statuses that requests saw were not recorded: only the ends of the run are known. Spans of Spanport’s own
        instrumentation have them.
      </p>
    );
  }
  const unseen = shares.find(({ kind }) => kind === 'unseen')?.millis ?? 0;
  const polls = observations.filter(({ request }) => request === 'retrieve').length;
  if (unseen < 100 || polls === 0) return null;
  return (
    <p class="dim">
      {duration(unseen / 1_000)} passed between requests. <code>{'runs.stream(thread, { assistant_id })'}</code> shows
      each change as it happens.
    </p>
  );
}

function RunMessages({ row }: { readonly row: ConversationRow }): JSX.Element | null {
  const { inputMessages = [], outputMessages = [] } = interactionOf(row);
  if (inputMessages.length + outputMessages.length === 0) return null;
  return (
    <section class="run-section">
      <h2>Messages</h2>
      <div class="run-messages">
        {[...inputMessages, ...outputMessages].map(({ role, parts }, index) => (
          <div key={index} class="run-message">
            <span class={`role ${role === 'assistant' ? 'assistant' : ''}`}>
              <Safe text={role} />
            </span>
            <div>
              {parts.map((part, at) =>
                part.type === 'text' ? <Words key={at} text={part.content} isModel={role === 'assistant'} /> : null,
              )}
            </div>
          </div>
        ))}
      </div>
    </section>
  );
}

function Instructions({ row }: { readonly row: ConversationRow }): JSX.Element | null {
  const [isOpen, setOpen] = useState(false);
  const text = (interactionOf(row).systemInstructions ?? []).map(({ content }) => content).join('\n');
  if (text === '') return null;
  return (
    <section class="run-section">
      <h2>Instructions</h2>
      <button type="button" class="fold" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <Icon name={isOpen ? 'down' : 'right'} size={11} />
        <span class={isOpen ? 'plain' : 'cut'}>
          <Safe text={text} />
        </span>
      </button>
    </section>
  );
}

const requestWords: Readonly<Record<string, readonly [method: string, path: string]>> = {
  create: ['POST', '/threads/…/runs'],
  retrieve: ['GET', '/threads/…/runs/…'],
  submit: ['POST', '…/submit_tool_outputs'],
  cancel: ['POST', '…/cancel'],
  list: ['GET', '/threads/…/runs'],
  steps: ['GET', '…/steps'],
  messages: ['GET', '/threads/…/messages'],
  stream: ['', 'event of the stream'],
};

interface LogProps {
  readonly requests: readonly RunRequest[];
  readonly start: number;
}

/** Every request of the run: when it was sent, what it saw, and how long it took. */
function RequestLog({ requests, start }: LogProps): JSX.Element | null {
  const [shown, setShown] = useState(60);
  if (requests.length === 0) return null;
  const kinds = requests.map(sentKind);
  return (
    <section class="run-section">
      <h2>Requests</h2>
      <div>
        <table class="requests">
          <tbody>
            {requests.slice(0, shown).map((each, index) => {
              const { status, error, seconds } = each;
              const kind = kinds[index] ?? '';
              const [method, path] = requestWords[kind] ?? ['', kind];
              const isSame = kinds[index - 1] === kind;
              return (
                <tr key={index}>
                  <td class="dim">{Math.max(0, (sentAt(each) - start) / 1_000).toFixed(2)} s</td>
                  <td class={method === 'POST' ? '' : 'dim'}>{method}</td>
                  <td class={isSame ? 'dim' : 'mono'}>
                    <Safe text={isSame ? 'the same' : path} />
                  </td>
                  <td class={error ? 'bad' : status === 'requires_action' ? 'wait' : hasEnded(status) ? 'strong' : ''}>
                    <Safe text={status ?? error ?? ''} />
                  </td>
                  <td class="dim number">{seconds !== undefined && duration(seconds)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
        {requests.length > shown && (
          <button type="button" class="link" onClick={() => setShown(requests.length)}>
            Show all {counted(requests.length, 'request')}
          </button>
        )}
      </div>
    </section>
  );
}
