import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Delivery } from '../../gateway/api/routes.ts';
import { api } from '../api.ts';
import { destinations, loadDestinations } from '../destinations.ts';
import { clockOrDay, count, counted, moment } from '../format.ts';
import { useCommands } from '../keyboard.ts';
import { onAnswer } from '../on-answer.ts';
import { CopyLine } from '../parts/copy-line.tsx';
import { Safe } from '../parts/safe-text.tsx';
import { DeliveryMark } from '../parts/state-mark.tsx';
import { payloadAddress } from '../places.ts';
import { command } from '../shortcuts.ts';
import { messageOf } from '../text.ts';
import { now } from '../time.ts';
import { type DeadLetterGroup, groupsOf } from './dead-letters.ts';
import { useDrop } from './drop.ts';

/**
 * Dead letters, grouped by cause, and destinations that stopped: the only things that do not heal by themselves.
 * @param selected the destination whose dead letters a key sends again
 */
export function NeedsYou({ selected }: { readonly selected: string | undefined }): JSX.Element | null {
  const [records, setRecords] = useState<readonly Delivery[]>([]);
  const dead = destinations.value.filter(({ counts }) => (counts.dead ?? 0) > 0);
  const stopped = destinations.value.filter(({ isStopped }) => isStopped);
  const key = dead.map(({ name, counts }) => `${name} ${counts.dead}`).join();
  useEffect(() => {
    const lists = dead.map(({ name }) =>
      api.listDeliveries({ params: { name }, query: { state: 'dead', limit: 500 } }),
    );
    return onAnswer(Promise.all(lists), (pages) => setRecords(pages.flatMap(({ items }) => items)));
  }, [key]);
  const groups = groupsOf(records);
  // Without a selection the key acts if there is one group alone.
  const own = groups.filter(({ destination }) => selected === undefined || destination === selected);
  if (groups.length === 0 && stopped.length === 0) return null;
  return (
    <section class="needs-you">
      <h2>
        Needs you <small>{summaryOf(groups, records.length, stopped.length)}</small>
      </h2>
      <ul>
        {groups.map((group) => (
          <Group
            key={`${group.destination} ${group.status} ${group.reason}`}
            group={group}
            isOnly={own.length === 1 && own[0] === group}
          />
        ))}
        {stopped.map(({ name, reason, counts, setUp }) => (
          <li key={name}>
            <DeliveryMark state="stopped" />
            <b>{name}</b>
            <div>
              <p>
                <Safe text={reason ?? 'Its key or its address is wrong'} />. {counted(counts.stopped ?? 0, 'record')}{' '}
                kept, and nothing is lost.
              </p>
              <CopyLine text={`${setUp.map((variable) => `${variable}=…`).join(' ')} npx spanport up`.trim()} />
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

function summaryOf(groups: readonly DeadLetterGroup[], records: number, stopped: number): string {
  const causes = groups.length === 1 ? 'of one cause' : `of ${groups.length} causes`;
  const parts = [
    ...(records > 0 ? [`${counted(records, 'dead letter')} ${causes}`] : []),
    ...(stopped > 0 ? [`${counted(stopped, 'destination')} stopped`] : []),
  ];
  return `${parts.join(', ')}; everything else heals by itself`;
}

interface GroupProps {
  readonly group: DeadLetterGroup;
  readonly isOnly: boolean;
}

function Group({ group, isOnly }: GroupProps): JSX.Element {
  const { destination, status, reason, records, since } = group;
  const [newest] = records;
  const title = useTitle(newest);
  return (
    <li>
      <DeliveryMark state="dead" />
      <b>{destination}</b>
      <div>
        <p>
          {status !== undefined && <span class="bad">{status}</span>}
          {status !== undefined && ', '}
          <Safe text={reason} />
        </p>
        <p class="dim" title={moment(since)}>
          {counted(records.length, 'record')}
          {title && (
            <>
              , the latest of{' '}
              <span class="title">
                <Safe text={title} />
              </span>
            </>
          )}
          , since {clockOrDay(since, now.value)}
        </p>
      </div>
      <Buttons {...{ group, isOnly }} />
    </li>
  );
}

function useTitle(record: Delivery | undefined): string | undefined {
  const [title, setTitle] = useState<string>();
  useEffect(() => {
    if (record === undefined) return;
    api.getInteraction({ params: { id: record.interaction }, query: { project: record.project } }).then(
      (detail) => setTitle(detail.title),
      () => {},
    );
  }, [record?.interaction, record?.project]);
  return title;
}

function Buttons({ group, isOnly }: GroupProps): JSX.Element {
  const { destination, records } = group;
  const [problem, setProblem] = useState<string>();
  const drop = useDrop(() => api.dropDeliveries({ params: { name: destination } }), setProblem);
  const [newest] = records;
  const all = destinations.value.find(({ name }) => name === destination)?.counts.dead ?? 0;
  const retry = (): void => {
    retryGroup(group, all).catch((error: unknown) => setProblem(messageOf(error)));
  };
  useCommands(isOnly ? [command('r', 'Retry its dead letters', 'Selected', retry)] : []);
  if (drop.isPending) {
    return (
      <span class="actions" role="status">
        <span class="dim">Dropped {counted(all, 'dead letter')}.</span>
        <button type="button" class="button" onClick={drop.undo}>
          Undo
        </button>
      </span>
    );
  }
  return (
    <span class="actions">
      {problem !== undefined && <span class="bad">{problem}</span>}
      {newest && (
        <a class="button" href={payloadAddress({ ...newest, id: newest.interaction }, destination)}>
          Open
        </a>
      )}
      <button type="button" class="button main" onClick={retry}>
        Retry {count(records.length)} {isOnly && <kbd>R</kbd>}
      </button>
      {records.length >= all && (
        <button type="button" class="button plain" onClick={drop.start}>
          Drop
        </button>
      )}
    </span>
  );
}

/** All at once where the group is all that the destination refused, else one by one. */
async function retryGroup({ destination, records }: DeadLetterGroup, all: number): Promise<void> {
  if (records.length >= all) await api.retryDeliveries({ params: { name: destination } });
  else
    for (const { interaction: id, project } of records)
      await api.retryDelivery({ params: { id, destination }, query: { project } });
  await loadDestinations();
}
