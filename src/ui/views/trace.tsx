import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { api, NO_ANSWER } from '../api.ts';
import { count, duration } from '../format.ts';
import { useCommands, useKeys } from '../keyboard.ts';
import { followLive } from '../live.ts';
import { toggleMark } from '../marked.ts';
import { atMostEvery } from '../pace.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { firstPayload } from '../parts/delivery-links.tsx';
import { FindField } from '../parts/find-field.tsx';
import { Icon } from '../parts/icon.tsx';
import { LoadingRows } from '../parts/loading-rows.tsx';
import { OutcomeMark } from '../parts/mark.tsx';
import { MarkedBar } from '../parts/marked-bar.tsx';
import { MoreButton } from '../parts/more-button.tsx';
import { Popover } from '../parts/popover.tsx';
import { Safe } from '../parts/safe-text.tsx';
import { Count, Usage } from '../parts/sum.tsx';
import type { InteractionKey } from '../places.ts';
import { address, go, projectInAddress, segments, withQuery } from '../router.ts';
import { command, errorCommands, linkCommand, moved, nextOf, rowCommands, usePanelKey } from '../shortcuts.ts';
import type { SpanRow } from '../span-tree.ts';
import { useTitle } from '../title.ts';
import { forgetTrace, type LoadedTrace, loaded, loadTrace, openTrace, problem, type Trace } from '../trace-data.ts';
import { OtlpButton } from './otlp-button.tsx';
import { compareCommand } from './selection.ts';
import { spanFilter } from './span-filter.ts';
import { SpanPanel } from './span-panel.tsx';
import { Waterfall } from './waterfall.tsx';
import './conversation.css';
import './trace.css';

const folded = signal<ReadonlySet<string>>(new Set());
const unfolded = signal<ReadonlySet<string>>(new Set());
const isCriticalShown = signal(true);
const jaegerUrl = signal<string | undefined>(undefined);

const RELOAD_MILLIS = 2_000;
/** A trace may still grow this long after its last span. */
const GROWS_MILLIS = 60_000;

/** One trace as a waterfall, GenAI and other spans together. */
export function TraceView(): JSX.Element {
  const [, traceId = ''] = segments.value;
  const project = projectInAddress.value;
  useEffect(() => {
    folded.value = new Set();
    unfolded.value = new Set();
    openTrace(traceId, project).catch(() => {});
    const readStatus = (): void =>
      void api.getStatus().then(
        (status) => {
          jaegerUrl.value = status.jaegerUrl;
        },
        () => {},
      );
    readStatus();
    const { run, cancel } = atMostEvery(RELOAD_MILLIS, async () => {
      if (Date.now() - (loaded.value?.trace.endTime ?? 0) < GROWS_MILLIS) await loadTrace();
    });
    const end = followLive({
      conversations: run,
      resync: () => {
        void loadTrace();
        readStatus();
      },
    });
    return () => {
      end();
      cancel();
      forgetTrace();
    };
  }, [traceId, project]);
  const shown = loaded.value;
  if (problem.value !== undefined && !shown) {
    return (
      <div class="empty">
        <h2>{problem.value}</h2>
        <p>
          {problem.value !== NO_ANSWER && 'It may have been removed because it was too old.'}{' '}
          <a class="link" href="/traces">
            All traces
          </a>
        </p>
      </div>
    );
  }
  if (!shown) return <LoadingRows />;
  return <OneTrace loaded={shown} />;
}

function OneTrace({ loaded: { trace, spans, tree, isPartial } }: { readonly loaded: LoadedTrace }): JSX.Element {
  const [find, setFind] = useState('');
  useTitle(trace.name);
  const selectedId = address.value.query.get('span') ?? undefined;
  const whole = trace.endTime - trace.startTime;
  const filter = useMemo(() => spanFilter(find, whole), [find, whole]);
  const rows = useMemo(
    () => tree.rows({ folded: folded.value, unfolded: unfolded.value, matches: filter?.matches }),
    [tree, folded.value, unfolded.value, filter],
  );
  const select = (spanId: string | undefined): void => go(withQuery({ span: spanId }), { replace: true });
  const selected = spans.find(({ spanId }) => spanId === selectedId);
  useTraceKeys(trace.project, rows, selectedId, select);
  const matching = useMemo(() => filter && spans.filter(filter.matches).length, [spans, filter]);
  const note = filter?.problem ?? (matching !== undefined ? `${count(matching)} of ${count(spans.length)}` : undefined);
  return (
    <>
      <Heading {...{ trace, find, note }} onFind={setFind} />
      <div class={selected ? 'trace with-side' : 'trace'}>
        <Waterfall
          {...{ trace, tree, rows, selectedId, isPartial }}
          folded={folded.value}
          isCriticalShown={isCriticalShown.value}
          onSelect={select}
          onFold={fold}
          onExpandAll={expandAll}
        />
        <MarkedBar />
        {selected && (
          <SpanPanel key={selected.spanId} span={selected} trace={trace} onClose={() => select(undefined)} />
        )}
      </div>
    </>
  );
}

function fold({ span, group }: SpanRow): void {
  const set = group ? unfolded : folded;
  const next = new Set(set.value);
  if (!next.delete(span.spanId)) next.add(span.spanId);
  set.value = next;
}

function expandAll(rows: readonly SpanRow[]): void {
  folded.value = new Set();
  unfolded.value = new Set([...unfolded.value, ...rows.flatMap(({ span, group }) => (group ? [span.spanId] : []))]);
}

function toggleCritical(): void {
  isCriticalShown.value = !isCriticalShown.value;
}

type Select = (spanId: string | undefined) => void;

function useTraceKeys(project: string, rows: readonly SpanRow[], selectedId: string | undefined, select: Select): void {
  const index = rows.findIndex(({ span }) => span.spanId === selectedId);
  const row = rows[index];
  const move = (step: number): void => select(moved(rows, index, step)?.span.spanId);
  const toError = (step: number): void => {
    const errors = rows.flatMap(({ span }, at) => (span.status === 'error' ? [at] : []));
    const at = nextOf(errors, index, step);
    if (at !== undefined) select(rows[at]?.span.spanId);
  };
  const setFolded = (isFolded: boolean): void => {
    if (row && (row.children > 0 || row.group) && folded.value.has(row.span.spanId) !== isFolded) fold(row);
  };
  const panelKey = usePanelKey(selectedId, rows[0]?.span.spanId, select);
  useCommands([
    panelKey,
    ...rowCommands('span', move),
    ...errorCommands(toError),
    command('o', 'Fold or unfold', 'Selected', () => row && fold(row)),
    command('Shift+O', 'Expand all', 'View', () => expandAll(rows)),
    command('p', 'Critical path on or off', 'View', toggleCritical),
    command('m', 'Messages', 'Selected', () => {
      if (row?.span.interaction !== undefined) openConversation({ id: row.span.interaction, project }).catch(() => {});
    }),
    command('d', 'What each destination got', 'Selected', () => {
      if (row?.span.interaction !== undefined) openPayload({ id: row.span.interaction, project }).catch(() => {});
    }),
    command('x', 'Mark, to compare', 'Selected', () => {
      const { interaction, name = '' } = row?.span ?? {};
      if (interaction !== undefined) toggleMark({ id: interaction, project, title: name });
    }),
    ...compareCommand(),
    linkCommand,
  ]);
  useKeys({
    ArrowLeft: () => setFolded(true),
    ArrowRight: () => setFolded(false),
    Escape: () => (selectedId === undefined ? go('/traces') : select(undefined)),
  });
}

async function openConversation({ id, project }: InteractionKey): Promise<void> {
  const { conversation } = await api.getInteraction({ params: { id }, query: { project } });
  go(`/c/${encodeURIComponent(conversation)}`);
}

async function openPayload({ id, project }: InteractionKey): Promise<void> {
  const payload = firstPayload(await api.getInteraction({ params: { id }, query: { project } }));
  if (payload !== undefined) go(payload);
}

interface HeadingProps {
  readonly trace: Trace;
  readonly find: string;
  readonly note: string | undefined;
  onFind(text: string): void;
}

function Heading({ trace, find, note, onFind }: HeadingProps): JSX.Element {
  return (
    <header class="heading">
      <p class="path">
        <a href="/traces">Traces</a> <span>/</span> <span class="mono cut">{trace.traceId}</span>
      </p>
      <div class="title">
        <a class="back" href="/traces" aria-label="All traces">
          <Icon name="left" size={18} />
        </a>
        <h1 class="cut">
          <OutcomeMark status={trace.errors > 0 ? 'error' : 'ok'} /> <Safe text={trace.name} />
        </h1>
        <Actions trace={trace} />
      </div>
      <div class="layers">
        <FindField
          label="Find or filter spans"
          example="Find or filter spans, such as >2% err"
          text={find}
          note={note}
          onFind={onFind}
        />
        <button type="button" class="critical-key" aria-pressed={isCriticalShown.value} onClick={toggleCritical}>
          <i /> critical path
        </button>
        <Totals trace={trace} />
      </div>
    </header>
  );
}

/** `checkout, shop, `, in front of the duration. */
function servicesOf({ services }: Trace): string {
  return services
    .filter((name) => !name.startsWith('unknown_service'))
    .map((name) => `${name}, `)
    .join('');
}

function Totals({ trace }: { readonly trace: Trace }): JSX.Element {
  return (
    <p class="totals">
      <Count value={trace.spans} one="span" isAlways />
      {trace.errors > 0 && (
        <em>
          <Count value={trace.errors} one="error" isAlways />
        </em>
      )}
      {trace.interactions > 0 && (
        <>
          <Count value={trace.interactions} one="call to a model" many="calls to models" />
          <Usage of={trace} isAlways />
        </>
      )}
      <span class="wide services">
        <span class="cut">
          <Safe text={servicesOf(trace)} />
        </span>
        <b>{duration(trace.duration)}</b>
      </span>
      {trace.isTruncated && <em>More spans arrived than a trace keeps</em>}
      {trace.isFromFuture && <em>The clock of its sender is ahead</em>}
    </p>
  );
}

function Actions({ trace }: { readonly trace: Trace }): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  const interaction = loaded.value?.spans.find((span) => span.interaction !== undefined)?.interaction;
  return (
    <div class="actions">
      <JaegerLink traceId={trace.traceId} className="wide" />
      <OtlpButton name={trace.traceId} traces={[trace]} className="wide" />
      {interaction !== undefined && (
        <button
          type="button"
          class="button"
          onClick={() => void openConversation({ id: interaction, project: trace.project }).catch(() => {})}
        >
          Conversation <kbd>M</kbd>
        </button>
      )}
      <MoreButton isOpen={isOpen} onToggle={() => setOpen(!isOpen)}>
        <More trace={trace} onClose={() => setOpen(false)} />
      </MoreButton>
    </div>
  );
}

/** What has no button in the heading, or none on a narrow screen. */
function More({ trace, onClose }: { readonly trace: Trace; onClose(): void }): JSX.Element {
  return (
    <Popover label="More" onClose={onClose}>
      <p class="actions column">
        <CopyButton text={trace.traceId}>Copy its id</CopyButton>
        <JaegerLink traceId={trace.traceId} className="narrow" />
        <OtlpButton name={trace.traceId} traces={[trace]} className="narrow" />
        <button type="button" class="button" aria-pressed={isCriticalShown.value} onClick={toggleCritical}>
          {isCriticalShown.value ? 'Hide the critical path' : 'Show the critical path'} <kbd>P</kbd>
        </button>
      </p>
    </Popover>
  );
}

function JaegerLink({ traceId, className }: { readonly traceId: string; readonly className: string }): JSX.Element {
  return (
    <>
      {jaegerUrl.value !== undefined && (
        <a class={`button ${className}`} href={`${jaegerUrl.value}/trace/${traceId}`} target="_blank" rel="noreferrer">
          <Icon name="out" size={13} /> Jaeger
        </a>
      )}
    </>
  );
}
