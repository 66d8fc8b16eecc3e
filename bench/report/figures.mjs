/** From what the rounds gave to what the tables say. */
import { least, lowerQuartile, median, most } from '../support/statistics.mjs';

/**
 * A figure of a subject beside that of another one in the same round. One process gives several batches: their lower
 * quartile stands for the round, and the median of the rounds for the run.
 * @returns undefined where a subject has no such figure
 */
export function beside(suite, subject, other, figure, pick = lowerQuartile) {
  const others = roundsOf(suite, other, figure);
  const pairs = roundsOf(suite, subject, figure)
    .map((batches, round) => [batches && pick(batches), pick(others[round] ?? [Number.NaN])])
    .filter(([own]) => own !== undefined);
  if (pairs.length === 0) return undefined;
  const ratios = pairs.map(([own, its]) => own / its);
  const extras = pairs.map(([own, its]) => own - its);
  return {
    own: median(pairs.map(([own]) => own)),
    rounds: pairs.length,
    ratio: median(ratios),
    least: least(ratios),
    most: most(ratios),
    extra: median(extras),
    leastExtra: least(extras),
    mostExtra: most(extras),
  };
}

/** A figure of a subject beside that of openai alone. */
export function besideBare(suite, subject, figure, pick = lowerQuartile) {
  return beside(suite, subject, 'bare', figure, pick);
}

/** A figure of a subject by itself: the median of all rounds. */
export function alone(suite, subject, figure, pick = lowerQuartile) {
  const values = roundsOf(suite, subject, figure).flatMap((batches) => (batches ? [pick(batches)] : []));
  return values.length === 0 ? undefined : median(values);
}

function roundsOf(suite, subject, figure) {
  return suite[subject]?.rounds.map((figures) => figures?.[figure]) ?? [];
}
