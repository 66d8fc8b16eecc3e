/**
 * What is run: which case for which subjects, how often; `parts` of a case each in a process of their own. Rounds are interleaved, and the order turns with each, so that
 * a neighbour's load meets all alike.
 */
import { delivering, looping, subjects } from './subjects/index.mjs';
import { COUNTED, hasValgrind } from './support/valgrind.mjs';

/** What makes bytes repeat to a percent: code is optimised at the same call in every run, and nothing else allocates. */
export const HELD_BYTES = ['--expose-gc', '--single-threaded'];
export const ALLOCATED_BYTES = [...HELD_BYTES, '--min-semi-space-size=256', '--max-semi-space-size=256'];
const named = (list, ...names) => list.filter(({ name }) => names.includes(name));
const callers = subjects.filter(({ name }) => name !== 'floor-off' && !name.startsWith('spanport-off'));

const exporting = (name, title, more) => ({
  name,
  title,
  kind: 'spanport',
  module: 'spanport',
  register: true,
  ...more,
});
const exporters = [
  {
    name: 'span-only',
    title: 'span made, nothing else',
    kind: 'yardstick',
    module: 'exporter',
    options: { processor: 'none' },
    isSilent: true,
  },
  { name: 'batch-noop', title: 'BatchSpanProcessor, no-op exporter', kind: 'yardstick', module: 'exporter' },
  { name: 'otlp-json', title: 'OTLP/HTTP JSON', kind: 'peer', module: 'exporter', options: { encoding: 'json' } },
  {
    name: 'otlp-protobuf',
    title: 'OTLP/HTTP protobuf',
    kind: 'peer',
    module: 'exporter',
    options: { encoding: 'protobuf' },
  },
  { name: 'langfuse', title: '@langfuse/otel', kind: 'peer', module: 'exporter', options: { processor: 'langfuse' } },
  exporting('spanport-otlp', '**Spanport**, `otlp=full`', {
    environment: { SPANPORT_DESTINATIONS: 'otlp', SPANPORT_CONTENT: 'full' },
    recorder: true,
  }),
  exporting('spanport-athina', '**Spanport**, `athina`, a request for each span', {
    environment: { SPANPORT_DESTINATIONS: 'athina' },
    recorder: true,
  }),
];
const json = { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' };
const bursting = [
  ...named(exporters, 'otlp-json', 'langfuse'),
  exporting('spanport-memory', '**Spanport**, in memory', { environment: { ...json, SPANPORT_DESTINATIONS: 'otlp' } }),
  exporting('spanport-spool', '**Spanport**, with a spool', {
    environment: { ...json, SPANPORT_DESTINATIONS: 'otlp' },
    hasSpool: true,
  }),
];

/**
 * Without valgrind the suite that counts instructions is left out.
 * @param {boolean} quick smaller and fewer; the same shape
 */
export function suitesFor(quick) {
  const suites = allSuites(quick);
  if (suites.every(({ counts }) => !counts) || hasValgrind()) return suites;
  console.error('valgrind is not installed: instructions are not counted.');
  return suites.filter(({ counts }) => !counts);
}

function allSuites(quick) {
  const few = (rounds, quickRounds) => (quick ? quickRounds : rounds);
  return [
    { name: 'young', case: 'young', subjects: callers, rounds: few(7, 3) },
    {
      name: 'firstCall',
      case: 'first-call',
      subjects: callers,
      rounds: few(11, 3),
      parts: ['cpu', 'block'],
    },
    {
      name: 'instructions',
      case: 'instructions',
      subjects: named(subjects, 'bare', 'floor', 'traceloop', 'opentelemetry', 'spanport', 'spanport-third-party'),
      rounds: 1,
      parts: ['small', 'stream'],
      nodeArgs: COUNTED,
      counts: true,
    },
    {
      name: 'calls',
      case: 'calls',
      subjects,
      rounds: few(7, 2),
      scale: few(1, 0.2),
      parts: quick ? undefined : ['small', 'big', 'stream', 'firstChunk'],
    },
    {
      name: 'allocations',
      case: 'allocations',
      subjects,
      rounds: 1,
      scale: few(1, 0.3),
      batches: few(5, 3),
      warmup: few(1_500, 300),
      nodeArgs: ALLOCATED_BYTES,
    },
    {
      name: 'openStreams',
      case: 'open-streams',
      subjects: callers,
      rounds: 1,
      streams: few(400, 100),
      nodeArgs: HELD_BYTES,
    },
    {
      name: 'run',
      case: 'run-stream',
      subjects: named(subjects, 'bare', 'floor', 'spanport'),
      rounds: few(7, 2),
      scale: few(1, 0.5),
    },
    { name: 'startup', script: 'startup.mjs', subjects: startupSubjects(), rounds: few(9, 2) },
    {
      name: 'delivering',
      case: 'calls',
      subjects: delivering,
      rounds: few(7, 1),
      scale: few(1, 0.2),
      parts: ['small', 'big'],
      delivers: true,
    },
    {
      name: 'loop',
      case: 'loop',
      subjects: looping,
      rounds: few(5, 1),
      parts: ['steady', 'burst'],
      scale: few(1, 0.4),
    },
    { name: 'export', case: 'export', subjects: exporters, rounds: few(3, 1), scale: few(1, 0.5), delivers: true },
    { name: 'burst', case: 'burst', subjects: bursting, rounds: 1, delivers: true },
  ];
}

function startupSubjects() {
  const installed = {
    name: 'spanport',
    title: '**Spanport**, `--import spanport/register`',
    kind: 'spanport',
    module: 'spanport',
    register: true,
    environment: { SPANPORT_DESTINATIONS: 'athina' },
  };
  const inCode = {
    name: 'spanport-start',
    title: '**Spanport**, `start()`',
    kind: 'spanport',
    module: 'spanport',
    startsInCode: true,
    options: { held: true },
  };
  return [
    ...named(subjects, 'bare', 'floor'),
    installed,
    inCode,
    ...named(subjects, 'spanport-disabled'),
    ...subjects.filter(({ kind }) => kind === 'peer'),
  ];
}
