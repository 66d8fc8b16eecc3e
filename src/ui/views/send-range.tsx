import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { api } from '../api.ts';
import { counted } from '../format.ts';
import { Popover } from '../parts/popover.tsx';
import { messageOf } from '../text.ts';

const RANGES: Readonly<Record<string, string>> = { '1h': 'last hour', '12h': 'last 12 hours', '7d': 'last 7 days' };

/**
 * For a destination that lost what it got, or that was set up late.
 * @param names one of which is chosen
 */
export function SendRange({ names }: { readonly names: readonly string[] }): JSX.Element {
  const [first = ''] = names;
  const [isOpen, setOpen] = useState(false);
  const [name, setName] = useState(first);
  const [since, setSince] = useState('1h');
  const [q, setQ] = useState('');
  const [result, setResult] = useState<string>();
  const send = (event: Event): void => {
    event.preventDefault();
    setResult('Sending');
    api.sendInteractions({ params: { name }, body: { since, q } }).then(
      ({ interactions, isPartial }) =>
        setResult(`${counted(interactions, 'interaction')} on the way${isPartial ? ', the latest of the range' : ''}`),
      (error: unknown) => setResult(messageOf(error)),
    );
  };
  return (
    <span class="with-popover">
      <button type="button" class="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {names.length > 1 ? 'Send a time range again' : 'Send again'}
      </button>
      {isOpen && (
        <Popover label="Send again" onClose={() => setOpen(false)}>
          <h2>
            Send again <small>also what {name} has already got</small>
          </h2>
          <form class="actions" onSubmit={send}>
            {names.length > 1 && (
              <Select label="Destination" value={name} options={names.map((each) => [each, each])} onChange={setName} />
            )}
            <Select label="Since" value={since} options={Object.entries(RANGES)} onChange={setSince} />
            <label class="field">
              <input
                aria-label="Filter"
                placeholder="Filter, else all"
                value={q}
                onInput={({ currentTarget }) => setQ(currentTarget.value)}
              />
            </label>
            <button type="submit" class="button main">
              Send
            </button>
          </form>
          <p role="status" class="dim">
            {result}
          </p>
        </Popover>
      )}
    </span>
  );
}

interface SelectProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, label: string])[];
  onChange(value: string): void;
}

function Select({ label, value, options, onChange }: SelectProps): JSX.Element {
  return (
    <select
      class="button"
      aria-label={label}
      value={value}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
    >
      {options.map(([each, name]) => (
        <option key={each} value={each}>
          {name}
        </option>
      ))}
    </select>
  );
}
