import type { HrTime } from './span-data.ts';

/** A log record as plain data. GenAI events are log records that contain the id of their span. */
export interface LogData {
  readonly time: HrTime;
  /** The event's name: the field `eventName`, or the older attribute `event.name`. */
  readonly name?: string;
  readonly traceId?: string;
  readonly spanId?: string;
  readonly severity?: number;
  readonly body?: unknown;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource: Readonly<Record<string, unknown>>;
  readonly scope?: { readonly name: string; readonly version?: string };
}
