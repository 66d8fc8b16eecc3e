import type { LogData } from '../semconv/log-data.ts';
import { isId } from './span-ids.ts';

/** A log record as it came, whichever encoding it came in. */
export interface ReceivedLog extends Pick<LogData, 'time' | 'attributes' | 'resource' | 'body' | 'scope'> {
  readonly observed: LogData['time'];
  readonly traceId: string;
  readonly spanId: string;
  readonly eventName: string;
  readonly severity: number;
}

/** Without what is empty or no id. Older senders name the event in an attribute. */
export function logDataFrom({
  observed,
  traceId,
  spanId,
  eventName,
  severity,
  body,
  scope,
  ...log
}: ReceivedLog): LogData {
  const name = eventName || log.attributes['event.name'];
  return {
    time: log.time[0] > 0 ? log.time : observed,
    ...(typeof name === 'string' && name && { name }),
    ...(isId(traceId, 32) && { traceId }),
    ...(isId(spanId, 16) && { spanId }),
    ...(severity > 0 && { severity }),
    ...(body !== undefined && { body }),
    attributes: log.attributes,
    resource: log.resource,
    ...(scope && { scope }),
  };
}
