import type { ComponentChildren, JSX } from 'preact';
import { count, money } from '../format.ts';

interface SumProps {
  readonly value: string;
  readonly unit?: ComponentChildren;
  /** On a narrow screen as well. */
  readonly isAlways?: boolean;
}

/** A figure of a heading: `335 tokens`. */
export function Sum({ value, unit, isAlways = false }: SumProps): JSX.Element {
  return (
    <span class={isAlways ? '' : 'wide'}>
      <b>{value}</b> {unit}
    </span>
  );
}

interface CountProps extends Pick<SumProps, 'isAlways'> {
  readonly value: number;
  readonly one: string;
  readonly many?: string;
  /** How many of them failed. */
  readonly failed?: number;
}

/** `1 turn`, `2 tools, 1 failed` */
export function Count({ value, one, many = `${one}s`, failed = 0, isAlways = false }: CountProps): JSX.Element {
  const unit = (
    <>
      {value === 1 ? one : many}
      {failed > 0 && <em>, {count(failed)} failed</em>}
    </>
  );
  return <Sum value={count(value)} {...{ unit, isAlways }} />;
}

interface UsageProps extends Pick<SumProps, 'isAlways'> {
  readonly of: {
    readonly inputTokens?: number | undefined;
    readonly outputTokens?: number | undefined;
    readonly cost?: number | undefined;
  };
}

/** The tokens and what they cost. */
export function Usage({ of: { inputTokens, outputTokens, cost }, isAlways = false }: UsageProps): JSX.Element {
  const isUnknown = inputTokens === undefined && outputTokens === undefined;
  return (
    <>
      <Sum value={count(isUnknown ? undefined : (inputTokens ?? 0) + (outputTokens ?? 0))} unit="tokens" />
      <Sum value={money(cost)} unit="USD" isAlways={isAlways} />
    </>
  );
}
