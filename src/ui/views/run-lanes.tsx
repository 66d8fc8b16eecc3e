import type { ComponentChildren, JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { ToolExecution } from '../../interaction/interaction.ts';
import { count, duration } from '../format.ts';
import { Icon } from '../parts/icon.tsx';
import { Safe } from '../parts/safe-text.tsx';
import { TimeAxis, TimeLines, useTicks } from '../parts/time-axis.tsx';
import {
  hasEnded,
  idOf,
  type Observation,
  pollGap,
  type RunRequest,
  type RunTimes,
  type Segment,
  type Step,
  sentAt,
  sentKind,
} from './run-model.ts';
import { type ConversationRow, interactionOf } from './transcript.ts';

interface LanesProps {
  readonly row: ConversationRow;
  readonly times: RunTimes;
  readonly segments: readonly Segment[];
  readonly observations: readonly Observation[];
  readonly requests: readonly RunRequest[];
  readonly steps: readonly Step[];
  readonly chosen: string | undefined;
  onSelect(id: string | undefined): void;
}

type Place = (from: number, to?: number) => { readonly left: string; readonly width?: string };

/** Statuses, requests, steps and tools below one axis of time. */
export function RunLanes(props: LanesProps): JSX.Element {
  const { times, segments, steps } = props;
  const whole = times.end - times.start;
  const place: Place = (from, to) => ({
    left: `${((from - times.start) / whole) * 100}%`,
    ...(to !== undefined && { width: `${((to - from) / whole) * 100}%` }),
  });
  const lines = useRef<HTMLDivElement>(null);
  const ticks = useTicks(lines, 0, whole);
  return (
    <div class="lanes">
      <Lane label="" isAxis>
        <TimeAxis ticks={ticks} />
      </Lane>
      <div class="lanes-grid" aria-hidden="true">
        <div ref={lines}>
          <TimeLines ticks={ticks} />
          {segments
            .filter(({ kind }) => kind === 'action')
            .map(({ from, to }) => (
              <b key={from} style={place(from, to)} />
            ))}
        </div>
      </div>
      <StatusLane {...props} place={place} />
      <RequestsLane {...props} place={place} />
      {steps.map((step, index) => (
        <StepLanes key={index} {...props} step={step} number={index + 1} place={place} />
      ))}
    </div>
  );
}

interface LaneProps {
  readonly label: ComponentChildren;
  readonly note?: ComponentChildren;
  readonly children: ComponentChildren;
  readonly isAxis?: boolean;
  readonly isTall?: boolean;
}

function Lane({ label, note, children, isAxis = false, isTall = false }: LaneProps): JSX.Element {
  return (
    <div class={`lane-row${isAxis ? ' axis' : ''}${isTall ? ' tall' : ''}`}>
      <div class="lane-name">
        {label}
        {note && <small>{note}</small>}
      </div>
      <div class="lane">{children}</div>
    </div>
  );
}

interface Placed extends LanesProps {
  readonly place: Place;
}

function StatusLane({ segments, observations, times, row, place }: Placed): JSX.Element {
  const status = observations.at(-1)?.status ?? interactionOf(row).run?.status ?? 'unknown';
  return (
    <Lane label={<b>Status</b>} isTall>
      {segments.map(({ from, to, kind, status: seen }) => (
        <span
          key={from}
          class={`segment ${kind}`}
          style={place(from, to)}
          title={`${seen ?? shown[kind]}, ${duration((to - from) / 1_000)}`}
        >
          {kind !== 'request' && <em>{seen ?? shown[kind]}</em>}
        </span>
      ))}
      {hasEnded(status) && <span class="tick end" style={place(times.end)} />}
      <span class="lane-end" style={place(times.end)}>
        {status}
      </span>
    </Lane>
  );
}

const shown: Readonly<Record<string, string>> = { request: 'under way', unseen: 'not seen' };

/** Each request as long as it took; the gaps are those of polling and of the application. */
function RequestsLane({ requests: all, times, place }: Placed): JSX.Element | null {
  const requests = all.filter(({ at }) => at <= times.end);
  if (requests.length === 0) return null;
  const gap = pollGap(requests);
  const sent = requests.filter(({ request, seconds }) => request !== 'stream' || seconds !== undefined);
  const note = `${count(sent.length)}${gap === undefined ? '' : `, a poll each ${duration(gap / 1_000)}`}`;
  return (
    <Lane label="Requests" note={note}>
      {requests.map((each, index) => (
        <span
          key={index}
          class={`tick${isStrong(sentKind(each, index)) ? ' strong' : ''}${each.error === undefined ? '' : ' failed'}`}
          style={place(sentAt(each), each.at)}
          title={`${each.request}: ${each.status ?? each.error ?? 'answered'}${each.seconds === undefined ? '' : `, ${duration(each.seconds)}`}`}
        />
      ))}
      {requests.map(
        (each, index) =>
          isStrong(sentKind(each, index)) && (
            <span key={index} class="tick-name" style={place(...roomAfter(requests, index, times))}>
              {sentKind(each, index)}
            </span>
          ),
      )}
    </Lane>
  );
}

function isStrong(kind: string): boolean {
  return kind === 'create' || kind === 'submit';
}

/** From the last tick that is drawn next to this one to the one after it: no tick crosses a name. */
function roomAfter(requests: readonly RunRequest[], index: number, { start, end }: RunTimes): [number, number] {
  let last = requests[index]?.at ?? start;
  for (const each of requests.slice(index + 1)) {
    if (sentAt(each) - last > (end - start) * 0.02) return [last, sentAt(each)];
    last = each.at;
  }
  return [last, end];
}

interface StepProps extends Placed {
  readonly step: Step;
  readonly number: number;
}

function StepLanes(props: StepProps): JSX.Element {
  const { step, steps, observations, number, place, chosen, onSelect, row } = props;
  const { kind, name, tools } = step;
  const label = (
    <>
      <i class={kind}>
        <Icon name={kind === 'message_creation' ? 'chat' : 'tool'} size={13} />
      </i>
      <span class="cut">
        Step {number}, <Safe text={name} />
      </span>
    </>
  );
  const [first] = tools;
  if (!first)
    return (
      <Lane label={label}>
        <MessageBar {...{ row, place }} after={Math.max(...steps.map((each) => each.to ?? 0))} />
      </Lane>
    );
  if (kind === 'tool_calls') return <OwnStep {...props} label={label} />;
  // A stream reports a step as it happens; a list of steps has whole seconds.
  const isCoarse = observations.every(({ request }) => request !== 'stream');
  return (
    <CallLane {...{ label, place, onSelect }} tool={first} note="OpenAI" isChosen={idOf(first) === chosen}>
      <StepBar {...{ step, place, isCoarse }} />
    </CallLane>
  );
}

interface OwnStepProps extends StepProps {
  readonly label: ComponentChildren;
}

/** A step that the application answered, and its calls, which can be folded. */
function OwnStep({ step, number, label, place, chosen, onSelect }: OwnStepProps): JSX.Element {
  const [isFolded, setFolded] = useState(false);
  const { tools } = step;
  const hasChosen = tools.some((tool) => idOf(tool) === chosen);
  const fold = (): void => {
    setFolded(!isFolded);
    if (!isFolded && hasChosen) onSelect(undefined);
  };
  // The call that is selected is always shown.
  const shown = tools.filter((tool) => !isFolded || idOf(tool) === chosen);
  return (
    <>
      <Lane
        label={
          <>
            <button
              type="button"
              class="lane-fold"
              aria-label={`Calls of step ${number}`}
              aria-expanded={!isFolded}
              onClick={fold}
            >
              <Icon name={isFolded ? 'right' : 'down'} size={10} />
            </button>
            {label}
          </>
        }
        note={noteOf(tools)}
      >
        <StepBar {...{ step, place }} />
      </Lane>
      {shown.map((tool) => (
        <ToolLane key={idOf(tool)} {...{ tool, place, onSelect }} isChosen={idOf(tool) === chosen} />
      ))}
    </>
  );
}

/** `2 in parallel`, or `2 calls` that the application answered one after the other. */
function noteOf(tools: readonly ToolExecution[]): string {
  if (tools.length < 2) return '';
  const areParallel = tools.some(({ startTime = 0 }, index) => startTime < (tools[index - 1]?.endTime ?? 0));
  return areParallel ? `${tools.length} in parallel` : `${tools.length} calls`;
}

interface StepBarProps extends Pick<StepProps, 'step' | 'place'> {
  readonly isCoarse?: boolean;
}

function StepBar({ step, place, isCoarse = false }: StepBarProps): JSX.Element | null {
  const { from, to, isAtMost } = step;
  if (from === undefined || to === undefined) return null;
  return (
    <>
      <span class={isCoarse ? 'step-bar theirs' : 'step-bar own'} style={place(from, to)} />
      <span class="bar-time" style={place(to)}>
        {duration((to - from) / 1_000)}
        {isCoarse ? ', in whole seconds' : isAtMost && ' at most'}
      </span>
    </>
  );
}

interface MessageProps {
  readonly row: ConversationRow;
  readonly place: Place;
  /** When the steps before it ended. */
  readonly after: number;
}

/** OpenAI reports whole seconds: the bar covers the second in which the message was made. */
function MessageBar({ row, place, after }: MessageProps): JSX.Element | null {
  const made = interactionOf(row).outputMessages?.[0]?.createdAt;
  if (made === undefined) return <span class="lane-note">when is not known</span>;
  const from = Math.max(made, row.startTime, after);
  const to = Math.min(made + 1_000, row.endTime);
  return to > from ? (
    <span class="step-bar theirs" style={place(from, to)} title="OpenAI reports whole seconds" />
  ) : null;
}

interface ToolLaneProps {
  readonly tool: ToolExecution;
  readonly place: Place;
  readonly isChosen: boolean;
  onSelect(id: string): void;
}

function ToolLane({ tool, place, isChosen, onSelect }: ToolLaneProps): JSX.Element {
  const { name, startTime, endTime, errorType } = tool;
  const isKnown = startTime !== undefined && endTime !== undefined;
  const label = (
    <span class="mono cut">
      <Safe text={name} />
    </span>
  );
  return (
    <CallLane {...{ label, tool, place, isChosen, onSelect }} note="your application" isIndented>
      {isKnown ? (
        <>
          <span class={errorType === undefined ? 'tool-bar' : 'tool-bar failed'} style={place(startTime, endTime)} />
          <span class="bar-time" style={place(endTime)}>
            {duration((endTime - startTime) / 1_000)} {errorType !== undefined && <em>{errorType}</em>}
          </span>
        </>
      ) : (
        <span class="lane-note">when is not known: wrap it in traceTool</span>
      )}
    </CallLane>
  );
}

interface CallLaneProps extends ToolLaneProps {
  readonly label: ComponentChildren;
  readonly note: string;
  readonly children: ComponentChildren;
  readonly isIndented?: boolean;
}

/** A lane that opens its call in the panel. */
function CallLane({ tool, label, note, children, isChosen, isIndented, onSelect }: CallLaneProps): JSX.Element {
  return (
    <button
      type="button"
      class={`lane-row tool${isIndented ? ' inner' : ''}`}
      aria-pressed={isChosen}
      onClick={() => onSelect(idOf(tool))}
    >
      <span class="lane-name">
        {label}
        <small>{note}</small>
      </span>
      <span class="lane">{children}</span>
    </button>
  );
}
