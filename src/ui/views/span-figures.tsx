import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Answer, Span } from '../../gateway/api/routes.ts';
import type { Interaction } from '../../interaction/interaction.ts';
import { api } from '../api.ts';
import { clock, count, duration, moment, money, streamed } from '../format.ts';
import { onAnswer } from '../on-answer.ts';
import { Safe } from '../parts/safe-text.tsx';
import { withQuery } from '../router.ts';
import { errorOf, failedBefore } from '../span-tree.ts';
import { loaded } from '../trace-data.ts';
import { costTitle } from './cost-parts.ts';

type Detail = Answer<'getInteraction'>;

export interface FiguresProps {
  readonly span: Span;
  readonly detail: Detail;
}

/** @param id undefined where there is nothing to read */
export function useInteraction(id: string | undefined, project: string): Detail | undefined {
  const [detail, setDetail] = useState<Detail>();
  useEffect(() => {
    setDetail(undefined);
    if (id === undefined) return undefined;
    return onAnswer(api.getInteraction({ params: { id }, query: { project } }), setDetail);
  }, [id, project]);
  return detail;
}

/** The call in figures. */
export function Figures({ span, detail }: FiguresProps): JSX.Element {
  const {
    requestModel,
    responseModel,
    usage = {},
    finishReasons = [],
    chunkCount,
  } = detail.interaction as Partial<Interaction>;
  const cached = usage.cacheReadInputTokens;
  const share = cached && usage.inputTokens ? `, ${Math.round((cached / usage.inputTokens) * 100)} % cached` : '';
  const reasoning = usage.reasoningOutputTokens;
  return (
    <dl class="call-figures">
      <Figure name="Requested" value={requestModel ?? '—'} />
      <Figure name="Input" value={`${count(usage.inputTokens)}${share}`} />
      <Figure name="Answered" value={responseModel ?? '—'} />
      <Figure
        name="Output"
        value={`${count(usage.outputTokens)}${reasoning === undefined ? '' : `, ${reasoning === 0 ? 'no' : count(reasoning)} reasoning`}`}
      />
      <Figure
        name="First chunk"
        value={streamed(detail.timeToFirstChunk, chunkCount) || (detail.isStreamed ? '—' : 'not a stream')}
      />
      <Figure
        name="Cost"
        value={`${detail.isEstimated ? '~' : ''}${money(detail.cost)} USD`}
        title={costTitle(detail)}
      />
      <Figure name="Finish" value={finishReasons.join(', ') || '—'} />
      <Figure name="Started" value={clock(detail.startTime)} title={moment(detail.startTime)} />
      <Retried {...{ span, detail }} />
    </dl>
  );
}

/** The call that failed and that this one repeats: its request had the same messages. */
function Retried({ span, detail }: FiguresProps): JSX.Element | null {
  const failed = failedBefore(span, loaded.value?.spans ?? []);
  const before = useInteraction(failed?.interaction, detail.project);
  const input = inputOf(detail);
  if (!failed || !before || input === undefined || inputOf(before) !== input) return null;
  return (
    <>
      <dt>Retry of</dt>
      <dd class="cut">
        <a class="link" href={withQuery({ span: failed.spanId })}>
          <Safe text={errorOf(failed)} />, {duration((failed.endTime - failed.startTime) / 1_000)}
        </a>
      </dd>
    </>
  );
}

function inputOf({ interaction }: Detail): string | undefined {
  return JSON.stringify((interaction as Partial<Interaction>).inputMessages);
}

/** A name and its value, cut at the end where it has no room. */
export function Figure(props: {
  readonly name: string;
  readonly value: string;
  readonly title?: string | undefined;
}): JSX.Element {
  return (
    <>
      <dt>{props.name}</dt>
      <dd class="cut" title={props.title ?? props.value}>
        <Safe text={props.value} />
      </dd>
    </>
  );
}
