import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { GatewayStatus } from '../../gateway/api/routes.ts';
import { api } from '../api.ts';
import { bytes, clock, count, moment } from '../format.ts';
import { onLive } from '../live.ts';
import { atMostEvery } from '../pace.ts';
import { CopyLine } from '../parts/copy-line.tsx';
import { OutcomeMark } from '../parts/mark.tsx';
import { useTitle } from '../title.ts';
import './first-run.css';

/** Nothing is stored yet: the next step is one line. */
export function FirstRun(): JSX.Element {
  const [status, setStatus] = useState<GatewayStatus>();
  useTitle('First run');
  useEffect(() => {
    const { run, cancel } = atMostEvery(1_000, async () => setStatus(await api.getStatus()));
    run();
    const end = onLive({ conversations: run, resync: run });
    return () => {
      end();
      cancel();
    };
  }, []);
  const { origin } = window.location;
  return (
    <div class="first-run">
      <div class="steps">
        <h1>{status && status.spans > 0 ? 'Send to this gateway' : 'Nothing has arrived yet'}</h1>
        <p class="lead">
          The gateway listens. Start your application with one more flag, and its first conversation appears here about
          a second after the model answers.
        </p>
        <Step
          number={1}
          title="A Node application that calls OpenAI"
          note={
            <>
              Without other settings it finds this gateway by itself. Install first:{' '}
              <code>npm install spanport @opentelemetry/api</code>
            </>
          }
        >
          <CopyLine text="node --import spanport/register app.js" accent="--import spanport/register" />
        </Step>
        <Step number={2} title="Anything that already sends OpenTelemetry, in any language">
          <CopyLine text={`OTEL_EXPORTER_OTLP_ENDPOINT=${origin}`} accent={origin} />
        </Step>
        <Step
          number={3}
          title="A client of Athina, Reconify, Inkeep, Requesty or Kore.ai"
          note={
            <>
              The{' '}
              <a class="link" href="/docs/vendor-clients.html" target="_blank" rel="noopener">
                other four lines
              </a>
              . Keys are accepted as they are and never stored.
            </>
          }
        >
          <CopyLine text={`ATHINA_BASE_URL=${origin}/athina`} accent={`${origin}/athina`} />
        </Step>
        <Step number={4} title="No application at hand: a real conversation and a run, without a key">
          <CopyLine text="npx spanport demo" />
        </Step>
      </div>
      <StatusPanel status={status} />
    </div>
  );
}

interface StepProps {
  readonly number: number;
  readonly title: string;
  readonly note?: JSX.Element | string;
  readonly children: JSX.Element;
}

function Step({ number, title, note, children }: StepProps): JSX.Element {
  return (
    <section class="step">
      <span class="dim">{number}</span>
      <div>
        <h2>{title}</h2>
        {children}
        {note && <p class="dim">{note}</p>}
      </div>
    </section>
  );
}

const DAY_SECONDS = 86_400;

function StatusPanel({ status }: { readonly status: GatewayStatus | undefined }): JSX.Element {
  return (
    <aside class="gateway-status" aria-label="Gateway">
      <div>
        <OutcomeMark status="live" />
        <p>
          <b>{status && status.spans > 0 ? `${count(status.spans)} spans stored` : 'Waiting for the first span'}</b>
          <br />
          <span class="dim" title={moment(status?.startedAt)}>
            {status ? `since ${clock(status.startedAt)}` : ' '}
          </span>
        </p>
      </div>
      <dl>
        <dt>OTLP, HTTP</dt>
        <dd class="mono">{window.location.host}</dd>
        <dt>OTLP, gRPC</dt>
        <dd class="mono">{status && (status.grpcUrl?.replace(/^https?:\/\//, '') ?? 'off')}</dd>
        <dt>Data</dt>
        <dd class="mono cut" title={status?.dataFolder}>
          {status?.dataFolder}
        </dd>
        <dt>Stored</dt>
        <dd>
          {status &&
            `${count(Math.round(status.retention.maxAgeSeconds / DAY_SECONDS))} days, at most ${bytes(status.retention.maxBytes)}`}
        </dd>
      </dl>
      <div class="doctor">
        <p>Sent, and nothing is here?</p>
        <CopyLine text="npx spanport doctor" />
        <p class="dim">It reports which versions it finds, whether they are instrumented, and where spans go.</p>
      </div>
    </aside>
  );
}
