import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Answer } from '../../gateway/api/routes.ts';
import { api } from '../api.ts';
import { clock, duration, moment } from '../format.ts';
import { Json } from '../parts/json.tsx';
import { DeliveryMark, stateWords } from '../parts/mark.tsx';
import { segments } from '../router.ts';
import './table.css';
import './destinations.css';

/** What one destination got of an interaction, or would get: the request, and every attempt. */
export function PayloadView(): JSX.Element {
  const [, id = '', , name = ''] = segments.value;
  const [shown, setShown] = useState<Answer<'getDelivery'>>();
  const [problem, setProblem] = useState<string>();
  const load = async (): Promise<void> => setShown(await api.getDelivery({ params: { id, destination: name } }));
  useEffect(() => {
    setShown(undefined);
    load().catch((error: unknown) => setProblem(error instanceof Error ? error.message : String(error)));
  }, [id, name]);
  const retry = async (): Promise<void> => {
    await api.retryDelivery({ params: { id, destination: name } });
    await load();
  };
  if (problem !== undefined) return <p class="empty">{problem}</p>;
  if (!shown) return <div class="empty" aria-busy="true" />;
  const { state, attempts, request, reason } = shown;
  return (
    <div class="table">
      <header class="destination-head">
        <h1>
          <a href={`/destinations/${encodeURIComponent(name)}`}>{name}</a> / <span class="mono">{id}</span>
        </h1>
        {state === 'dead' && (
          <button
            type="button"
            class="button main"
            onClick={() => retry().catch((error: unknown) => setProblem(String(error)))}
          >
            Retry
          </button>
        )}
      </header>
      <p class="state">
        <DeliveryMark state={state} /> {stateWords[state]}
        {reason !== undefined && <span class="dim"> {reason}</span>}
      </p>
      <ul class="attempts">
        {attempts.map((attempt) => (
          <li key={attempt.at}>
            <span title={moment(attempt.at)}>{clock(attempt.at)}</span>
            <span class={attempt.outcome === 'delivered' ? '' : 'error'}>{attempt.status ?? 'no answer'}</span>
            <span class="dim">
              {[attempt.reason, attempt.answer].filter(Boolean).join(' · ')}
              {attempt.waitMillis !== undefined &&
                ` · next after ${duration(attempt.waitMillis / 1_000)} (${attempt.waitReason ?? 'backoff'})`}
            </span>
          </li>
        ))}
      </ul>
      {request ? (
        <div class="payload">
          <p>
            {request.method} {request.url}
          </p>
          {Object.entries(request.headers).map(([header, value]) => (
            <p key={header} class="dim">
              {header}: {value}
            </p>
          ))}
          <Json value={request.body} />
        </div>
      ) : (
        <p class="dim">The gateway has no request for this destination.</p>
      )}
    </div>
  );
}
