import type { Span } from '../../gateway/api/routes.ts';
import type { ToolExecution } from '../../interaction/interaction.ts';

/** A request of a run, or an event of its stream. */
export interface RunRequest {
  /** When it was answered, in Unix milliseconds. */
  readonly at: number;
  /** Undefined for events of a stream, and in records of older versions. */
  readonly seconds: number | undefined;
  /** `create`, `retrieve`, `submit`, `cancel`, `list`, `stream`, `steps` or `messages`. */
  readonly request: string;
  readonly status?: string;
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
      const error = attributes['error.type'];
      return {
        at: time,
        seconds: typeof seconds === 'number' ? seconds : undefined,
        request: String(attributes['spanport.run.request'] ?? 'retrieve'),
        ...(status !== undefined && { status: String(status) }),
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
}

/** How a call is named in an address. */
export function idOf({ id, name, startTime }: ToolExecution): string {
  return id ?? `${name}-${startTime ?? ''}`;
}

/** Calls whose times overlap were requested in one step: the run goes on only when all of them are answered. */
export function stepsOf(tools: readonly ToolExecution[], hasMessage: boolean): Step[] {
  const steps: { kind: Step['kind']; name: string; tools: ToolExecution[]; from?: number; to?: number }[] = [];
  for (const tool of tools) {
    const isOwn = tool.type === undefined || tool.type === 'function';
    const last = steps.at(-1);
    const overlaps = last?.to !== undefined && tool.startTime !== undefined && tool.startTime < last.to;
    if (isOwn && last?.kind === 'tool_calls' && overlaps) {
      last.tools.push(tool);
      last.to = Math.max(last.to ?? 0, tool.endTime ?? 0);
    } else {
      steps.push({
        kind: isOwn ? 'tool_calls' : 'built_in',
        name: isOwn ? 'tool_calls' : tool.name,
        tools: [tool],
        ...(tool.startTime !== undefined && { from: tool.startTime }),
        ...(tool.endTime !== undefined && { to: tool.endTime }),
      });
    }
  }
  if (hasMessage) steps.push({ kind: 'message_creation', name: 'message_creation', tools: [] });
  return steps;
}

/** Round times for an axis: at most eight of them. */
export function ticksOf(millis: number): number[] {
  const raw = Math.max(millis, 1) / 8;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= raw) ?? raw;
  const ticks: number[] = [];
  for (let at = 0; at <= millis; at += step) ticks.push(at);
  return ticks;
}
