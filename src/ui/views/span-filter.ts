import type { Span } from '../../gateway/api/routes.ts';

export interface SpanFilter {
  readonly matches: (span: Span) => boolean;
  /** What of the text is not understood. */
  readonly problem?: string;
}

/**
 * `>2%` share of the trace, `>100ms` `<2s` duration, `err` errors, `chat` `tool` kinds, anything else a part of the name,
 * the service or the model; `-` before a term turns it around. All terms have to match.
 */
export function spanFilter(text: string, traceMillis: number): SpanFilter | undefined {
  const terms = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  if (terms.length === 0) return undefined;
  let problem: string | undefined;
  const checks = terms.map((term) => {
    const isNot = term.startsWith('-') && term.length > 1;
    const check = checkOf(isNot ? term.slice(1) : term, traceMillis);
    if (typeof check === 'string') {
      problem ??= check;
      return () => true;
    }
    return isNot ? (span: Span) => !check(span) : check;
  });
  return { matches: (span) => checks.every((check) => check(span)), ...(problem !== undefined && { problem }) };
}

function checkOf(term: string, traceMillis: number): ((span: Span) => boolean) | string {
  const size = /^([<>])([\d.]+)(%|ms|s|m)$/.exec(term);
  if (size) {
    const [, sign, digits, unit] = size;
    const factor = unit === '%' ? traceMillis / 100 : unit === 's' ? 1_000 : unit === 'm' ? 60_000 : 1;
    const limit = Number(digits) * factor;
    return (span) => (sign === '>' ? millisOf(span) > limit : millisOf(span) < limit);
  }
  if (/^[<>]/.test(term)) return `${term} is not a size. Write >2% or >100ms.`;
  if (term === 'err' || term === 'error' || term === 'is:error') return ({ status }) => status === 'error';
  if (term === 'llm' || term === 'is:llm') return ({ interaction }) => interaction !== undefined;
  if (term === 'tool' || term === 'is:tool') return ({ operation }) => operation === 'execute_tool';
  return (span) => textsOf(span).some((text) => text.toLowerCase().includes(term));
}

function millisOf({ startTime, endTime }: Span): number {
  return endTime - startTime;
}

function textsOf({ name, service = '', spanId, attributes }: Span): string[] {
  const model = attributes['gen_ai.request.model'];
  return [name, service, spanId, ...(typeof model === 'string' ? [model] : [])];
}
