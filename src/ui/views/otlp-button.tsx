import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Icon } from '../parts/icon.tsx';
import type { TracePlace } from '../places.ts';
import { downloadOtlp } from './otlp-file.ts';

export interface OtlpProps {
  /** Of the file. */
  readonly name: string;
  readonly traces: readonly Pick<TracePlace, 'traceId' | 'project'>[];
  readonly className: string;
}

/** Downloads traces as one file of OTLP/JSON. */
export function OtlpButton({ name, traces, className }: OtlpProps): JSX.Element {
  const [state, setState] = useState<string>();
  const start = (): void => {
    setState('…');
    downloadOtlp(name, traces).then(
      () => setState(undefined),
      () => setState('failed'),
    );
  };
  return (
    <button type="button" class={`button ${className}`} title="Download as OTLP/JSON" onClick={start}>
      <Icon name="download" size={13} /> {state ?? 'OTLP'}
    </button>
  );
}
