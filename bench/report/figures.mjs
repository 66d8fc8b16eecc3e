/** From what the rounds gave to what the tables say. */
import { least, lowerQuartile, median, most } from '../support/statistics.mjs';

/**
 * A figure of a subject beside the bare client's of the same round. One process gives several batches: their lower
 * quartile stands for the round, and the median of the rounds for the run.
 * @returns undefined where a subject has no such figure
 */
export function besideBare(suite, subject, figure, pick = lowerQuartile) {
  const pairs = roundsOf(suite, subject, figure)
    .map((batches, round) => [batches && pick(batches), pick(roundsOf(suite, 'bare', figure)[round] ?? [Number.NaN])])
    .filter(([own]) => own !== undefined);
  if (pairs.length === 0) return undefined;
  const ratios = pairs.map(([own, bare]) => own / bare);
  return {
    own: median(pairs.map(([own]) => own)),
    ratio: median(ratios),
    least: least(ratios),
    most: most(ratios),
    extra: median(pairs.map(([own, bare]) => own - bare)),
  };
}

/** A figure of a subject by itself: the median of all rounds. */
export function alone(suite, subject, figure, pick = lowerQuartile) {
  const values = roundsOf(suite, subject, figure).flatMap((batches) => (batches ? [pick(batches)] : []));
  return values.length === 0 ? undefined : median(values);
}

function roundsOf(suite, subject, figure) {
  return suite[subject]?.rounds.map((figures) => figures?.[figure]) ?? [];
}
