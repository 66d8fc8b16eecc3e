import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ToolSpan } from '../../gateway/api/routes.ts';
import type { ToolExecution } from '../../interaction/interaction.ts';
import { counted, duration } from '../format.ts';
import { useCommands, useKeys } from '../keyboard.ts';
import { firstPayload } from '../parts/delivery-links.tsx';
import { Icon } from '../parts/icon.tsx';
import { Words } from '../parts/message.tsx';
import { Role } from '../parts/role.tsx';
import { Safe } from '../parts/safe-text.tsx';
import { traceAddress } from '../places.ts';
import { address, go, withQuery } from '../router.ts';
import { command, moved, rowCommands } from '../shortcuts.ts';
import type { ShownRun } from './run-heading.tsx';
import { RunLanes } from './run-lanes.tsx';
import {
  hasEnded,
  idOf,
  type Observation,
  pollGap,
  type RunRequest,
  type RunTimes,
  segmentsOf,
  sentAt,
  sentKind,
  sharesOf,
} from './run-model.ts';
import { RunPanel } from './run-panel.tsx';
import { type ConversationRow, interactionOf } from './transcript.ts';
import './run.css';

interface RunProps {
  readonly run: ShownRun;
  /** Spans of the tools that ran within the conversation. */
  readonly toolSpans: readonly ToolSpan[];
}

/** One assistant run: the statuses that requests saw, its steps and tools on one axis, and where the time went. */
export function RunLayer({ run: { row, seen }, toolSpans }: RunProps): JSX.Element {
  const { requests, observations, tools, steps } = seen;
  const times = timesOf(row, observations, tools);
  const segments = segmentsOf(observations, times);
  const chosen = address.value.query.get('step') ?? undefined;
  const select = (id: string | undefined): void => go(withQuery({ step: id }), { replace: true });
  const move = (step: number): void => {
    const index = tools.findIndex((tool) => idOf(tool) === chosen);
    const next = moved(tools, index, step);
    if (next) select(idOf(next));
  };
  const payload = firstPayload(row);
  useCommands([
    ...rowCommands('call', move),
    command('t', 'Trace', 'Selected', () => go(traceAddress(row))),
    ...(payload === undefined ? [] : [command('d', 'What each destination got', 'Selected', () => go(payload))]),
  ]);
  useKeys({
    Escape: () => (chosen === undefined ? go('/conversations') : select(undefined)),
  });
  const tool = tools.find((each) => idOf(each) === chosen);
  return (
    <div class="with-panel run">
      <div class="run-body">
        <RunLanes {...{ times, segments, observations, requests, steps, chosen, row }} onSelect={select} />
        <WhereItWent {...{ times, observations }} shares={sharesOf(segments, tools)} />
        <section class="run-section">
          <RunMessages row={row} />
          <Instructions row={row} />
        </section>
        <RequestLog requests={requests} start={times.start} runId={row.runId ?? ''} />
      </div>
      <RunPanel {...{ row, seen, tool, toolSpans, move }} onClose={() => select(undefined)} />
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
  if (unseen < 100 || observations.every(({ request }) => request !== 'retrieve')) return null;
  const gap = pollGap(observations);
  return (
    <p class="dim">
      {duration(unseen / 1_000)} passed between requests. <code>{'runs.stream(thread, { assistant_id })'}</code> shows
      each change as it happens{gap !== undefined && `, on average ${duration(gap / 2_000)} sooner`}.
    </p>
  );
}

function RunMessages({ row }: { readonly row: ConversationRow }): JSX.Element | null {
  const { inputMessages = [], outputMessages = [] } = interactionOf(row);
  if (inputMessages.length + outputMessages.length === 0) return null;
  return (
    <>
      <h2>Messages</h2>
      <div class="run-messages">
        {[...inputMessages, ...outputMessages].map(({ role, parts }, index) => (
          <div key={index} class="run-message">
            <Role role={role} />
            <div>
              {parts.map((part, at) =>
                part.type === 'text' ? <Words key={at} text={part.content} isModel={role === 'assistant'} /> : null,
              )}
            </div>
          </div>
        ))}
      </div>
    </>
  );
}

function Instructions({ row }: { readonly row: ConversationRow }): JSX.Element | null {
  const [isOpen, setOpen] = useState(false);
  const text = (interactionOf(row).systemInstructions ?? []).map(({ content }) => content).join('\n');
  if (text === '') return null;
  return (
    <>
      <h2>Instructions</h2>
      <button type="button" class="fold" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <Icon name={isOpen ? 'down' : 'right'} size={11} />
        <span class={isOpen ? 'plain' : 'cut'}>
          <Safe text={text} />
        </span>
      </button>
    </>
  );
}

const requestWords: Readonly<Record<string, readonly [method: string, path: string]>> = {
  create: ['POST', '/threads/…/runs'],
  retrieve: ['GET', '/threads/…/runs/'],
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
  readonly runId: string;
}

/** Every request of the run: when it was sent, what it saw, and how long it took. */
function RequestLog({ requests, start, runId }: LogProps): JSX.Element | null {
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
              const { status, error, seconds, toolCalls } = each;
              const kind = kinds[index] ?? '';
              const [method, path] = requestWords[kind] ?? ['', kind];
              const isSame = kinds[index - 1] === kind;
              return (
                <tr key={index}>
                  <td class="dim">{Math.max(0, (sentAt(each) - start) / 1_000).toFixed(2)} s</td>
                  <td class={method === 'POST' ? '' : 'dim'}>{method}</td>
                  <td class={isSame ? 'dim' : 'mono'}>
                    <Safe text={isSame ? 'the same' : kind === 'retrieve' ? `${path}${runId.slice(0, 8)}…` : path} />
                  </td>
                  <td class={error ? 'bad' : status === 'requires_action' ? 'wait' : hasEnded(status) ? 'strong' : ''}>
                    <Safe text={status ?? error ?? ''} />
                    {toolCalls !== undefined && `, ${counted(toolCalls, 'call')}`}
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
