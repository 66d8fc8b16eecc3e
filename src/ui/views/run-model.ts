import type { Span } from '../../gateway/api/routes.ts';
import type { ToolExecution } from '../../interaction/interaction.ts';
import { type ConversationRow, interactionOf } from './transcript.ts';

/** A request of a run, or an event of its stream. */
export interface RunRequest {
  /** When it was answered, in Unix milliseconds. */
  readonly at: number;
  /** Undefined for events of a stream, and in records of older versions. */
  readonly seconds: number | undefined;
  /** `create`, `retrieve`, `submit`, `cancel`, `list`, `stream`, `steps` or `messages`. */
  readonly request: string;
  readonly status?: string;
  /** How many tool calls the run waited for. */
  readonly toolCalls?: number;
  readonly error?: string;
}

/** A request that saw a status. */
export interface Observation extends RunRequest {
  readonly status: string;
}

/**
 * A part of the time of a run. `request`: it was being created, or its tool outputs were being sent. `unseen`: the status
 * changed between two requests, and none was there to see when.
 */
export interface Segment {
  readonly from: number;
  readonly to: number;
  readonly kind: 'working' | 'queued' | 'action' | 'request' | 'unseen';
  readonly status?: string;
}

export interface Share {
  readonly kind: 'model' | 'tools' | 'application' | 'queued' | 'request' | 'unseen';
  readonly millis: number;
}

export interface RunTimes {
  readonly start: number;
  readonly end: number;
}

/** The instrumentation adds an event to a run's span for each request. */
export function requestsOf(span: Span | undefined): RunRequest[] {
  return (span?.events ?? [])
    .filter(({ name }) => name === 'spanport.run.status' || name === 'spanport.run.request')
    .map(({ time, attributes }) => {
      const seconds = attributes['spanport.run.request_duration'];
      const status = attributes['spanport.run.status'];
      const toolCalls = attributes['spanport.run.tool_call.count'];
      const error = attributes['error.type'];
      return {
        at: time,
        seconds: typeof seconds === 'number' ? seconds : undefined,
        request: String(attributes['spanport.run.request'] ?? 'retrieve'),
        ...(status !== undefined && { status: String(status) }),
        ...(typeof toolCalls === 'number' && { toolCalls }),
        ...(error !== undefined && { error: String(error) }),
      };
    })
    .sort((a, b) => a.at - b.at);
}

/** When it was sent, as far as known. */
export function sentAt({ at, seconds = 0 }: RunRequest): number {
  return at - seconds * 1_000;
}

/** The first event of a stream answers the request that opened it. */
export function sentKind({ request, seconds }: RunRequest, index: number): string {
  if (request !== 'stream' || seconds === undefined) return request;
  return index === 0 ? 'create' : 'submit';
}

/** The median time between two polls, in milliseconds. */
export function pollGap(requests: readonly RunRequest[]): number | undefined {
  const polls = requests.filter(({ request }) => request === 'retrieve');
  const gaps = polls.slice(1).map(({ at }, index) => at - (polls[index]?.at ?? at));
  return gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)];
}

const ENDED: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled', 'expired', 'incomplete']);

export function hasEnded(status = ''): boolean {
  return ENDED.has(status);
}

/** The lane of statuses: what two requests in a row saw, what a stream reported, and what no request saw. */
export function segmentsOf(observations: readonly Observation[], { start, end }: RunTimes): Segment[] {
  const segments: Segment[] = [];
  const add = (from: number, to: number, kind: Segment['kind'], status?: string): void => {
    if (to - from < 0.5) return;
    segments.push({ from, to, kind, ...(status !== undefined && { status }) });
  };
  const [first] = observations;
  if (!first) return [{ from: start, to: end, kind: 'unseen' }];
  add(start, first.at, first.seconds === undefined ? 'unseen' : 'request');
  observations.forEach((seen, index) => {
    const next = observations[index + 1];
    const until = Math.min(next?.at ?? end, end);
    if (hasEnded(seen.status)) return;
    // A submit ends the wait for the application at the moment it is sent, whatever it then sees.
    const isStream = next?.request === 'stream';
    if (seen.status === 'requires_action' && next && (next.request === 'submit' || isStream)) {
      const sent = Math.max(seen.at, sentAt(next));
      add(seen.at, sent, 'action', seen.status);
      add(sent, until, 'request');
    } else if (next === undefined || next.status === seen.status || isStream)
      add(seen.at, until, kindOf(seen.status), seen.status);
    else add(seen.at, until, 'unseen');
  });
  return joined(segments);
}

function kindOf(status: string): Segment['kind'] {
  if (status === 'requires_action') return 'action';
  return status === 'queued' ? 'queued' : 'working';
}

function joined(segments: readonly Segment[]): Segment[] {
  const all: Segment[] = [];
  for (const segment of segments) {
    const last = all.at(-1);
    if (last && last.kind === segment.kind && last.status === segment.status)
      all[all.length - 1] = { ...last, to: segment.to };
    else all.push(segment);
  }
  return all;
}

/** Where the time of a run went; the shares add up to the whole. */
export function sharesOf(segments: readonly Segment[], tools: readonly ToolExecution[]): Share[] {
  const millis = { model: 0, tools: 0, application: 0, queued: 0, request: 0, unseen: 0 };
  const ran = unionOf(tools);
  for (const segment of segments) {
    const length = segment.to - segment.from;
    if (segment.kind === 'action') {
      const inTools = Math.min(length, overlapOf(ran, segment));
      millis.tools += inTools;
      millis.application += length - inTools;
    } else if (segment.kind === 'working') millis.model += length;
    else millis[segment.kind] += length;
  }
  const kinds: readonly Share['kind'][] = ['model', 'tools', 'application', 'queued', 'request', 'unseen'];
  return kinds.map((kind) => ({ kind, millis: millis[kind] })).filter((share) => share.millis >= 0.5);
}

type Range = readonly [from: number, to: number];

/** Times in which at least one tool ran. */
function unionOf(tools: readonly ToolExecution[]): Range[] {
  const ranges = tools
    .flatMap(({ startTime, endTime }): Range[] =>
      startTime === undefined || endTime === undefined ? [] : [[startTime, endTime]],
    )
    .sort((a, b) => a[0] - b[0]);
  const union: Range[] = [];
  for (const range of ranges) {
    const last = union.at(-1);
    if (last && range[0] <= last[1]) union[union.length - 1] = [last[0], Math.max(last[1], range[1])];
    else union.push(range);
  }
  return union;
}

function overlapOf(ranges: readonly Range[], { from, to }: { readonly from: number; readonly to: number }): number {
  return ranges.reduce((sum, range) => sum + Math.max(0, Math.min(range[1], to) - Math.max(range[0], from)), 0);
}

/** A step of a run: calls that the application answered together, a tool of the provider, or the message. */
export interface Step {
  readonly kind: 'tool_calls' | 'built_in' | 'message_creation';
  readonly name: string;
  readonly tools: readonly ToolExecution[];
  readonly from?: number;
  readonly to?: number;
  /** It took this long at most: requests saw the run before it and after it, but not when it began. */
  readonly isAtMost?: boolean;
}

/** How a call is named in an address. */
export function idOf({ id, name, startTime }: ToolExecution): string {
  return id ?? `${name}-${startTime ?? ''}`;
}

/** Whether the application ran it, and not the provider. */
export function isOwn({ type = 'function' }: ToolExecution): boolean {
  return type === 'function';
}

interface Wait {
  /** The place of the first observation that saw it. */
  readonly first: number;
  /** When a request last saw the run before it; undefined if none did. */
  readonly from: number | undefined;
  /** When its results were sent; undefined if they were not. */
  readonly to: number | undefined;
}

/** The wait for the application in which a call began. */
function waitAt(observations: readonly Observation[], time: number | undefined): Wait | undefined {
  if (time === undefined) return undefined;
  // A call begins once a request saw it; clocks are rounded to milliseconds.
  let first = observations.findLastIndex(({ at, status }) => status === 'requires_action' && at <= time + 1);
  if (first < 0) return undefined;
  const next = observations.slice(first + 1).find((each) => each.status !== 'requires_action' || isOrder(each));
  while (!isOrder(observations[first]) && observations[first - 1]?.status === 'requires_action') first -= 1;
  const opening = observations[first];
  const from = opening && isOrder(opening) ? sentAt(opening) : observations[first - 1]?.at;
  return { first, from, to: next && (isOrder(next) ? sentAt(next) : next.at) };
}

/** Whether the request made the run go on: what it saw began after it was sent. */
function isOrder(seen: Observation | undefined): boolean {
  return (
    seen?.request === 'create' ||
    seen?.request === 'submit' ||
    (seen?.request === 'stream' && seen.seconds !== undefined)
  );
}

interface Building {
  readonly kind: Step['kind'];
  readonly name: string;
  readonly tools: ToolExecution[];
  readonly wait: Wait | undefined;
}

/**
 * Calls of one wait were requested in one step: the run goes on only when all of them are answered. Where no request saw
 * the wait, calls whose times overlap are taken for one step.
 */
export function stepsOf(
  tools: readonly ToolExecution[],
  observations: readonly Observation[],
  hasMessage: boolean,
): Step[] {
  const steps: Building[] = [];
  for (const tool of tools) {
    const wait = isOwn(tool) ? waitAt(observations, tool.startTime) : undefined;
    const last = steps.at(-1);
    if (
      last?.kind === 'tool_calls' &&
      isOwn(tool) &&
      (wait ? last.wait?.first === wait.first : isOverlapping(last, tool))
    )
      last.tools.push(tool);
    else if (isOwn(tool)) steps.push({ kind: 'tool_calls', name: 'tool_calls', tools: [tool], wait });
    else steps.push({ kind: 'built_in', name: tool.name, tools: [tool], wait });
  }
  if (hasMessage) steps.push({ kind: 'message_creation', name: 'message_creation', tools: [], wait: undefined });
  return steps.map(({ wait, ...step }) => ({ ...step, ...timesOf(step.tools, wait) }));
}

function isOverlapping({ tools }: Building, { startTime }: ToolExecution): boolean {
  return startTime !== undefined && tools.some(({ endTime }) => endTime !== undefined && startTime < endTime);
}

function timesOf(tools: readonly ToolExecution[], wait: Wait | undefined): Pick<Step, 'from' | 'to' | 'isAtMost'> {
  const ranges = unionOf(tools);
  const [from, to] = [ranges[0]?.[0], ranges.at(-1)?.[1]];
  if (from === undefined || to === undefined) return {};
  if (wait?.from === undefined || wait.to === undefined) return { from, to };
  return { from: wait.from, to: wait.to, isAtMost: true };
}

/** A run as its requests saw it. */
export interface SeenRun {
  readonly requests: readonly RunRequest[];
  readonly observations: readonly Observation[];
  readonly tools: readonly ToolExecution[];
  readonly steps: readonly Step[];
}

/** @param span of the run; undefined while it is read, null where none arrived */
export function seenRun(row: ConversationRow, span: Span | null | undefined): SeenRun {
  const { toolExecutions: tools = [], outputMessages = [] } = interactionOf(row);
  const requests = requestsOf(span ?? undefined);
  const observations = requests.filter((each): each is Observation => each.status !== undefined);
  return { requests, observations, tools, steps: stepsOf(tools, observations, outputMessages.length > 0) };
}
