import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Delivery } from '../../gateway/api/routes.ts';
import { configured } from '../destinations.ts';
import { bytes, clock, clockOrDay, count, duration, moment } from '../format.ts';
import { compact } from '../parts/call.tsx';
import { CopyButton } from '../parts/copy-button.tsx';
import { curlOf } from '../parts/curl.ts';
import { toneOfState } from '../parts/delivery-links.tsx';
import { JsonWithSearch, parsed } from '../parts/json.tsx';
import { stateWords } from '../parts/mark.tsx';
import { Safe } from '../parts/safe-text.tsx';
import { DeliveryMark, NotSetUpMark } from '../parts/state-mark.tsx';
import { hasArrived } from '../strip.ts';
import { now } from '../time.ts';
import { complainedPaths, type Detail, type OneProps, type Payload, reasonOf, usePayload } from './payload-data.ts';
import { DeadLetter, SendAgain } from './record-actions.tsx';

/** One destination: what became of the record, attempt by attempt, and the request that it gets. */
export function OneDestination({ detail, name, onChanged }: OneProps): JSX.Element {
  const { payload, problem } = usePayload(detail, name);
  const delivery = detail.deliveryLog.find(({ destination }) => destination === name);
  return (
    <>
      <section class="payload-state" aria-label={`What became of it at ${name}`}>
        <StateHead name={name} delivery={delivery} />
        <div class="payload-body">
          <Explanation name={name} delivery={delivery} />
          {delivery?.state === 'dead' && <DeadLetter {...{ detail, name, onChanged }} />}
          {delivery && hasArrived(delivery.state) && <SendAgain {...{ detail, name, onChanged }} />}
          {delivery && delivery.attempts.length > 0 && <Attempts delivery={delivery} />}
          {delivery && <RecordFacts detail={detail} delivery={delivery} />}
        </div>
      </section>
      <section class="payload-request" aria-label={`The request to ${name}`}>
        {payload?.request ? (
          <RequestView request={payload.request} delivery={delivery} />
        ) : (
          <p class="empty" aria-busy={payload === undefined && problem === undefined}>
            {problem ?? (payload && 'This destination takes no record of such an interaction.')}
          </p>
        )}
      </section>
    </>
  );
}

interface StateProps {
  readonly name: string;
  readonly delivery: Delivery | undefined;
}

function StateHead({ name, delivery }: StateProps): JSX.Element {
  const isSetUp = configured.value.some((each) => each.name === name);
  return (
    <header>
      {delivery ? <DeliveryMark state={delivery.state} /> : <NotSetUpMark />}
      <h2>{name}</h2>
      <span class={toneOfState(delivery?.state)}>
        {delivery ? stateWords[delivery.state] : isSetUp ? 'not seen here' : 'not set up'}
        {delivery && delivery.updatedAt > 0 && (
          <span title={moment(delivery.updatedAt)}> since {clockOrDay(delivery.updatedAt, now.value)}</span>
        )}
      </span>
    </header>
  );
}

function Explanation({ name, delivery }: StateProps): JSX.Element | null {
  const isSetUp = configured.value.some((each) => each.name === name);
  if (!delivery) {
    return (
      <p>
        {isSetUp
          ? `No record of this interaction went from this gateway to ${name}. An application that sends to ${name} by itself is not seen here.`
          : `This gateway does not forward to ${name}. The request is the one that it would send; nothing is sent by looking at it.`}
      </p>
    );
  }
  const reason = reasonOf(delivery);
  switch (delivery.state) {
    case 'dead':
      return (
        <p>
          {name} refused this record for good{reason && ': '}
          <Safe text={reason} />. It is kept until you retry or drop it.
        </p>
      );
    case 'stopped':
      return (
        <p>
          {name} does not accept the key or the address{reason && ': '}
          <Safe text={reason} />. Its records are kept and nothing is lost.
        </p>
      );
    case 'retrying':
      return (
        <p>
          {name} did not take this record yet{reason && ': '}
          <Safe text={reason} />. It is tried again by itself.
        </p>
      );
    case 'waiting':
      return <p>This record waits for others of the same conversation or for its turn. It is sent by itself.</p>;
    case 'coalesced':
      return <p>A newer record of the same conversation carried this one: {name} has its content.</p>;
    case 'skipped':
      return (
        <p>
          This record was not sent{reason && ': '}
          <Safe text={reason} />.
        </p>
      );
    case 'delivered':
      return null;
  }
}

/** As a vertical line: each attempt with its answer, and the wait until the next with its reason. */
function Attempts({ delivery: { attempts, state } }: { readonly delivery: Delivery }): JSX.Element {
  return (
    <>
      <h3>Attempts</h3>
      <ol class="attempt-line">
        {attempts.slice(-100).map((attempt, index, all) => (
          <li key={`${attempt.at} ${index}`}>
            <DeliveryMark state={markOf(attempt, index === all.length - 1 ? state : undefined)} />
            <div>
              <p>
                <b>{count(attempts.length - all.length + index + 1)}</b>{' '}
                <span title={moment(attempt.at)}>
                  {clock(attempt.at)}.{String(Math.floor(attempt.at % 1_000)).padStart(3, '0')}
                </span>{' '}
                <b class={toneOfAttempt(attempt)}>{attempt.status ?? 'no answer'}</b>
                {attempt.durationMillis !== undefined && (
                  <span class="took">{duration(attempt.durationMillis / 1_000)}</span>
                )}
              </p>
              <AttemptAnswer attempt={attempt} />
              <Wait attempt={attempt} next={all[index + 1]} />
            </div>
          </li>
        ))}
      </ol>
    </>
  );
}

type Attempt = Delivery['attempts'][number];

function markOf({ outcome }: Attempt, state: Delivery['state'] | undefined): Delivery['state'] {
  if (outcome === 'delivered') return 'delivered';
  if (outcome === 'rejected') return 'dead';
  return outcome === 'stopped' ? 'stopped' : state === 'waiting' ? 'waiting' : 'retrying';
}

function toneOfAttempt({ outcome }: Attempt): string {
  if (outcome === 'rejected' || outcome === 'stopped') return 'bad';
  return outcome === 'retry' ? 'wait' : '';
}

function AttemptAnswer({ attempt }: { readonly attempt: Attempt }): JSX.Element | null {
  const text = attempt.answer === undefined ? reasonOf(attempt) : compact(parsed(attempt.answer));
  if (text === '') return null;
  // Refused together with others, which says nothing of this record yet.
  const together = attempt.answer && attempt.reason?.match(/in one request with [\d,]+ more/)?.[0];
  return (
    <>
      <pre
        class={attempt.outcome === 'rejected' || attempt.outcome === 'stopped' ? 'answer refused' : 'answer'}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by key
        tabIndex={0}
      >
        <Safe text={text} />
      </pre>
      {together && <p class="dim">{together}</p>}
    </>
  );
}

function Wait({
  attempt,
  next,
}: {
  readonly attempt: Attempt;
  readonly next: Attempt | undefined;
}): JSX.Element | null {
  const millis = next ? next.at - attempt.at : attempt.waitMillis;
  if (millis === undefined) return null;
  const why = attempt.waitReason === 'retry-after' ? ', as Retry-After requires' : '';
  return (
    <p class="dim" title={moment(attempt.at + millis)}>
      {next ? 'waited' : 'waits'} {duration(millis / 1_000)}
      {why}
    </p>
  );
}

function RecordFacts({ detail, delivery }: { readonly detail: Detail; readonly delivery: Delivery }): JSX.Element {
  const content = configured.value.find(({ name }) => name === delivery.destination)?.content;
  return (
    <>
      <h3>Record</h3>
      <dl>
        <dt>Interaction</dt>
        <dd class="mono">
          <Safe text={detail.id} />
        </dd>
        {delivery.carriedBy !== undefined && (
          <>
            <dt>Carried by</dt>
            <dd class="mono">
              <Safe text={delivery.carriedBy} />
            </dd>
          </>
        )}
        {content !== undefined && (
          <>
            <dt>Content</dt>
            <dd>{content}</dd>
          </>
        )}
        <dt>Received</dt>
        <dd>
          as {detail.receivedBy}, {moment(detail.receivedAt)}
        </dd>
        {delivery.state === 'dead' && (
          <>
            <dt>Kept</dt>
            <dd>until you retry or drop it</dd>
          </>
        )}
      </dl>
    </>
  );
}

interface RequestProps {
  readonly request: NonNullable<Payload['request']>;
  readonly delivery: Delivery | undefined;
}

function RequestView({ request, delivery }: RequestProps): JSX.Element {
  const body = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const [tree, field] = [body.current, body.current?.querySelector<HTMLElement>('.json-line.bad')];
    if (tree && field) tree.scrollTop = field.offsetTop - tree.offsetTop - tree.clientHeight / 2;
  }, [request]);
  const isProtobuf = request.headers['content-type'] === 'application/x-protobuf';
  const text = typeof request.body === 'string' ? request.body : JSON.stringify(request.body);
  return (
    <>
      <header>
        <span class="mono cut">
          <b>{request.method}</b> {request.url.replace(/^https?:\/\//, '')}
        </span>
        <span class="push">
          <small>{isProtobuf ? 'protobuf, shown as JSON' : bytes(text.length)}</small>
          <CopyButton text={() => JSON.stringify(request.body, null, 2)}>JSON</CopyButton>
          {!isProtobuf && (
            <CopyButton title="Copy as curl; put your key where *** stands" text={() => curlOf(request)}>
              curl
            </CopyButton>
          )}
        </span>
      </header>
      <div class="request-headers mono">
        {Object.entries(request.headers).map(([header, value]) => (
          <p key={header}>
            <span class="dim">{header}:</span> {value}
          </p>
        ))}
      </div>
      <div class="request-body" ref={body}>
        <JsonWithSearch
          hasKey
          value={request.body}
          label="Find in the payload"
          marked={new Set(complainedPaths(request.body, delivery))}
        />
      </div>
    </>
  );
}
