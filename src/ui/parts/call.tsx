import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { bytes, counted, duration } from '../format.ts';
import { type TracePlace, traceAddress } from '../places.ts';
import type { TranscriptCall } from '../views/transcript.ts';
import { Json, parsed } from './json.tsx';
import { Safe } from './safe-text.tsx';

interface CallProps {
  readonly call: TranscriptCall;
  /** Where its span is. */
  readonly trace: Pick<TracePlace, 'traceId' | 'project'> | undefined;
  /** Without what came back, which stands elsewhere. */
  readonly isBrief?: boolean;
}

/** Name and arguments as a signature, the time at the right, the result below. */
export function CallView({ call: each, trace, isBrief = false }: CallProps): JSX.Element {
  const { call, response, duration: seconds, error, spanId } = each;
  const time = seconds === undefined ? '' : duration(seconds);
  const label = error === undefined ? time : `failed${time && ` after ${time}`}`;
  return (
    <section class={error === undefined ? 'call' : 'call has-failed'}>
      <header>
        <b>
          <Safe text={call.name} />
        </b>
        <span class="arguments cut">
          <Safe text={argumentsText(call.arguments)} />
        </span>
        <small>
          {label !== '' && spanId !== undefined && trace !== undefined ? (
            <a href={traceAddress({ ...trace, spanId })}>{label}</a>
          ) : (
            label
          )}
        </small>
      </header>
      {!isBrief && <Result response={response} error={error} />}
    </section>
  );
}

const FEW_LINES = 4;

/** What is being found in the messages: a long result is shown as text then, so that all of it is in the document. */
export const foundText = signal('');

function Result({ response, error }: { readonly response: unknown; readonly error: string | undefined }): JSX.Element {
  const [isWhole, setWhole] = useState(false);
  if (response === undefined && error !== undefined)
    return (
      <p class="failed">
        <Safe text={error} />
      </p>
    );
  if (response === undefined) return <p class="dim">no result was sent back</p>;
  const value = parsed(response);
  const text = compact(value);
  const lines = text.split('\n');
  const isLong = lines.length > FEW_LINES || text.length > 600;
  return (
    <div class={error === undefined ? 'result' : 'result failed'}>
      {isWhole && typeof value === 'object' && foundText.value === '' ? (
        <Json value={value} />
      ) : (
        <pre>
          <Safe text={isWhole || !isLong ? text : lines.slice(0, FEW_LINES).join('\n').slice(0, 600)} />
        </pre>
      )}
      {isLong && (
        <button type="button" class="link" onClick={() => setWhole(!isWhole)}>
          {isWhole ? 'Show less' : `Show all ${amountOf(value, lines.length)}, ${bytes(text.length)}`}
        </button>
      )}
    </div>
  );
}

function amountOf(value: unknown, lines: number): string {
  if (Array.isArray(value)) return counted(value.length, 'row');
  if (typeof value === 'object' && value !== null) return counted(Object.keys(value).length, 'field');
  return counted(lines, 'line');
}

const ONE_LINE = 96;

/** JSON in one line where it fits, else an item a line. */
export function compact(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return String(value);
  const line = spaced(value);
  if (line.length <= ONE_LINE) return line;
  if (!Array.isArray(value)) return JSON.stringify(value, null, 2);
  return `[\n${value.map((item) => `  ${spaced(item)}`).join(',\n')}\n]`;
}

function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}: ${spaced(each)}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}

/** `city: "Lisbon", day: "Saturday"`, as in a signature. */
export function argumentsText(value: unknown): string {
  const args = parsed(value);
  if (typeof args !== 'object' || args === null || Array.isArray(args))
    return args === undefined ? '' : JSON.stringify(args);
  return Object.entries(args)
    .map(([name, each]) => `${name}: ${JSON.stringify(each)}`)
    .join(', ');
}
