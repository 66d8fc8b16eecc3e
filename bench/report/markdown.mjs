/** The published result. */
import { median } from '../support/statistics.mjs';
import { alone, besideBare } from './figures.mjs';
import { number, signed } from './format.mjs';

export function markdownFrom(results, { cpu, node, quick }) {
  const sections = [
    results.young && youngSection(results.young),
    results.firstCall && firstCallSection(results.firstCall),
    results.instructions && instructionsSection(results.instructions),
    results.calls && callsSection(results),
    results.run &&
      section('A streamed assistant run of 510 events', ['', 'CPU per run'], results.run, (name) => [
        ratio(besideBare(results.run, name, 'run')),
      ]),
    results.delivering && deliveringSection(results.delivering),
    results.export &&
      section(
        'A span with 1.5 KB of content: made, encoded and sent in batches of 512',
        ['', 'main thread, µs per span', 'all threads, µs per span'],
        results.export,
        (name) => [number(alone(results.export, name, 'main'), 1), number(alone(results.export, name, 'all'), 1)],
      ),
    results.startup &&
      section(
        'From the start of the process until registered, with openai loaded',
        ['', 'CPU, ms', 'over bare', 'resident, MB over bare'],
        results.startup,
        (name) => startupCells(results.startup, name),
      ),
    results.loop && loopSection(results.loop),
    results.burst &&
      section(
        '100,000 spans in one turn of the event loop',
        ['', 'arrived', 'counted as dropped', 'gone and not counted', 'resident after the turn, MB'],
        results.burst,
        (name) => burstCells(results.burst, name),
      ),
  ];
  const head = `# What it costs\n\n${cpu}, Node ${node}${quick ? ', a quick run' : ''}. [How to read this](../README.md).\n`;
  return `${[head, ...sections.filter(Boolean)].join('\n').trimEnd()}\n`;
}

/** Over bare, per call; `1–50` are the first fifty calls of a process. */
function youngSection(suite) {
  const marks = Object.keys(suite.bare.rounds.find(Boolean) ?? {});
  return section(
    'A call of a young process, µs of CPU over bare',
    ['', ...marks.map((mark) => `calls ${mark}`)],
    suite,
    (name) => marks.map((mark) => extra(suite, name, mark, 1, 0)),
  );
}

function firstCallSection(suite) {
  return section(
    'The first call of a process, ms over bare',
    [
      '',
      'CPU until it returned',
      'CPU until its record was handed over',
      'event loop blocked until it returned',
      'event loop blocked until its record was handed over',
    ],
    suite,
    (name) =>
      ['cpu, returned', 'cpu, handed over', 'block, returned', 'block, handed over'].map((figure) =>
        extra(suite, name, figure, 1e3, 1),
      ),
  );
}

/** Counted by valgrind in one process of each subject: without spread, since they repeat to about 1 %. */
function instructionsSection(suite) {
  const figures = Object.keys(suite.bare.rounds.find(Boolean) ?? {}).filter(
    (name) => /process to (800|200)$/.test(name) || /801–1600|101–200/.test(name) || /load$/.test(name),
  );
  return section(
    'Instructions over bare: thousands per call, millions of the process up to a call',
    ['', ...figures],
    suite,
    (name) => figures.map((figure) => extra(suite, name, figure, /process|load/.test(figure) ? 1e6 : 1e3, 0)),
  );
}

function loopSection(suite) {
  const cell = (name, figure) => {
    const found = besideBare(suite, name, figure, median);
    return name === 'bare' ? number(found && found.own / 1e3, 1) : signed(found && found.extra / 1e3, 1);
  };
  return section(
    'Delay of the event loop, ms over bare: 1,000 calls per second, and 5,000 calls at once',
    ['', 'p99', 'most', 'p99, burst', 'most, burst'],
    suite,
    (name) => ['steady, p99', 'steady, most', 'burst, p99', 'burst, most'].map((figure) => cell(name, figure)),
  );
}

function extra(suite, name, figure, unit, digits) {
  const found = besideBare(suite, name, figure, median);
  return name === 'bare' ? number(found && found.own / unit, digits) : signed(found && found.extra / unit, digits);
}

function callsSection({ calls, allocations = {}, openStreams = {} }) {
  const cells = (name) => {
    const chunk = besideBare(allocations, name, 'stream', median);
    const held = besideBare(openStreams, name, 'held');
    return [
      ratio(besideBare(calls, name, 'small')),
      ratio(besideBare(calls, name, 'big')),
      ratio(besideBare(calls, name, 'stream')),
      name === 'bare' ? '' : signed(besideBare(calls, name, 'firstChunk')?.extra, 0),
      kilobytes(besideBare(allocations, name, 'small', median), name),
      kilobytes(besideBare(allocations, name, 'big', median), name),
      name === 'bare' ? number(chunk && chunk.own / 500, 0) : signed(chunk && chunk.extra / 500, 0),
      kilobytes(held, name),
    ];
  };
  return section(
    'A call, answered inside the process',
    [
      '',
      'small call',
      '20 messages, 5 tools',
      'stream of 500 chunks',
      'first chunk, µs',
      'KB, small call',
      'KB, 20 messages',
      'bytes per chunk',
      'KB held per open stream',
    ],
    calls,
    cells,
  );
}

function deliveringSection(suite) {
  const cells = (name) => [ratio(besideBare(suite, name, 'small')), ratio(besideBare(suite, name, 'big'))];
  return section(
    'A call, delivered to a server in another process',
    ['', 'small call', '20 messages, 5 tools'],
    suite,
    cells,
  );
}

function startupCells(suite, name) {
  const cpu = besideBare(suite, name, 'cpu');
  const rss = besideBare(suite, name, 'rss');
  return [
    number(cpu && cpu.own / 1e3, 0),
    name === 'bare' ? '' : signed(cpu && cpu.extra / 1e3, 0),
    name === 'bare' ? number(rss && rss.own / 1e6, 0) : signed(rss && rss.extra / 1e6, 1),
  ];
}

function burstCells(suite, name) {
  const arrived = alone(suite, name, 'arrived');
  const counted = alone(suite, name, 'counted');
  if (arrived === undefined) return ['', '', '', ''];
  const gone = 100_000 - arrived - counted;
  const rss = alone(suite, name, 'rss');
  return [arrived.toLocaleString('en'), counted.toLocaleString('en'), gone.toLocaleString('en'), number(rss / 1e6, 0)];
}

function section(title, columns, suite, cells) {
  const line = (values) => `| ${values.join(' | ')} |`;
  const rows = Object.entries(suite).map(([name, { title: label, note }]) =>
    line([note ? `${label} (${note})` : label, ...cells(name)]),
  );
  return [`## ${title}\n`, line(columns), line(columns.map(() => '---')), ...rows, ''].join('\n');
}

/** `1.31× (1.28–1.40), +29 µs` */
function ratio(figure) {
  if (!figure) return '';
  if (figure.ratio === 1 && figure.extra === 0) return `${number(figure.own, 0)} µs`;
  const spread = `${figure.least.toFixed(2)}–${figure.most.toFixed(2)}`;
  return `**${figure.ratio.toFixed(2)}×** (${spread}), ${signed(figure.extra, 0)} µs`;
}

function kilobytes(figure, name) {
  if (!figure) return '';
  return name === 'bare' ? number(figure.own / 1e3, 1) : signed(figure.extra / 1e3, 1);
}
