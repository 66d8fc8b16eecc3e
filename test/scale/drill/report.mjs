/**
 * After 2 s without an answer a worker takes a broker for silent: the answer that it has may be that old, and the next one
 * that late, so its windows are this exact at best.
 */
const WINDOW_TOLERANCE_MILLIS = 4_000;

/** @returns conversations and turns that reached one of the vendors for the first time after a later turn */
function disorderedIn({ hops }) {
  return [...hops.athina.disordered, ...hops.requesty.disordered];
}

/** As many records of a partition wait for their window at least, when the partition is full. */
const WINDOW_RECORDS = 600;

/**
 * Whether a turn came to the topic so long after a later one, or so many records after it, that the later one had not to
 * wait for it any more. Times and offsets are those that the broker gave to the records.
 */
function isBeyondWindow({ hops, traffic, windowMillis }, { conversation, turn }) {
  const own = hops.interactions.placeOf(conversation, turn);
  for (let later = turn + 1; later < traffic.turns; later++) {
    const place = hops.interactions.placeOf(conversation, later);
    if (!place) continue;
    if (own.at - place.at > windowMillis - WINDOW_TOLERANCE_MILLIS) return true;
    if (own.offset - place.offset > WINDOW_RECORDS) return true;
  }
  return false;
}

function rowsOf(state) {
  const { traffic, hops, deadLetters, counters, poisonCalls, faults, planned } = state;
  const expected = traffic.total - poisonCalls;
  const done = Object.values(faults).reduce((sum, count) => sum + count, 0);
  const disordered = disorderedIn(state);
  return [
    ['interactions', traffic.total, planned.interactions],
    ['faults', done, planned.faults],
    ['accepted by the agent', traffic.acknowledged, traffic.total],
    ['in spanport.spans', hops.spans.seen, traffic.total],
    ['in spanport.interactions', hops.interactions.seen, traffic.total],
    ['delivered to athina', hops.athina.seen, expected],
    ['delivered to requesty', hops.requesty.seen, expected],
    ['refused by athina, in the dead letters', deadLetters.athina.seen, poisonCalls],
    ['refused by requesty, in the dead letters', deadLetters.requesty.seen, poisonCalls],
    ['not OTLP, in the dead letters', deadLetters.undecodable.size, counters.poison],
    ['duplicates under a second id', hops.athina.secondIds + hops.requesty.secondIds, 0],
    ['turns out of order within the window', disordered.filter((call) => !isBeyondWindow(state, call)).length, 0],
  ].map(([name, measured, required]) => ({ name, measured, required, pass: measured === required }));
}

/** Everything that was counted so far. */
export function reportOf(state, seconds) {
  const { traffic, hops, faults, failedFaults, planned, vendors } = state;
  const beyond = disorderedIn(state).filter((call) => isBeyondWindow(state, call));
  return {
    interactions: traffic.total,
    planned,
    faults,
    failedFaults,
    seconds: Math.round(seconds),
    orderWindowMillis: state.windowMillis,
    rows: rowsOf(state),
    copies: { athina: hops.athina.copies, requesty: hops.requesty.copies },
    missing: missingIn(state),
    beyondWindow: { count: beyond.length, first: beyond.slice(0, 20).map((call) => describe(state, call)) },
    latencyMillis: percentiles(vendors[0].latencies),
  };
}

/** The first calls that a hop has not seen, with the hops that have. */
function missingIn({ traffic, hops, deadLetters, isPoison }) {
  const all = [...Object.values(hops), deadLetters.athina, deadLetters.requesty];
  const calls = [];
  for (const [conversation, turn] of traffic.calls()) {
    const due = Object.values(hops).slice(0, isPoison(conversation, turn) ? 2 : 4);
    if (due.every((hop) => hop.has(conversation, turn))) continue;
    const seen = all.filter((hop) => hop.has(conversation, turn)).map(({ name }) => name);
    calls.push({ call: `${conversation}/${turn}`, seen });
    if (calls.length === 20) break;
  }
  return calls;
}

/** When each turn of the conversation came to the topic of interactions, in ms after the first one, and its offset. */
function describe({ hops, traffic }, { conversation, turn }) {
  const places = Array.from({ length: traffic.turns }, (_, each) => hops.interactions.placeOf(conversation, each));
  const first = Math.min(...places.flatMap((place) => place?.at ?? []));
  return {
    call: `${conversation}/${turn}`,
    arrivals: places.map((place) => place && [place.at - first, place.offset]),
  };
}

/** The rows as the CI summary counts tests. */
export function asTests(rows) {
  const failures = rows
    .filter(({ pass }) => !pass)
    .map(({ name, measured, required }) => ({ name: `drill > ${name}`, message: `${measured}, required ${required}` }));
  return { passed: rows.length - failures.length, failed: failures.length, skipped: [], failures };
}

function percentiles(latencies) {
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: sorted.at(-1) };
}

export function print({
  interactions,
  faults,
  failedFaults,
  seconds,
  rows,
  copies,
  missing,
  beyondWindow,
  latencyMillis,
}) {
  const lines = [`${interactions} interactions in ${seconds} s, faults: ${JSON.stringify(faults)}`];
  for (const { name, measured, required, pass } of rows)
    lines.push(`${pass ? 'pass' : 'MISS'}  ${name}: ${measured} (required ${required})`);
  lines.push(`further copies: ${JSON.stringify(copies)}`);
  lines.push(`application to athina, ms, the order window included: ${JSON.stringify(latencyMillis)}`);
  lines.push(`turns that came after a later one by more than the window, both vendors: ${beyondWindow.count}`);
  if (failedFaults.length > 0) lines.push(`faults that could not be done: ${JSON.stringify(failedFaults)}`);
  for (const each of missing) lines.push(`missing: ${JSON.stringify(each)}`);
  process.stdout.write(`${lines.join('\n')}\n`);
}
