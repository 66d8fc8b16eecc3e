import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type JsonItem, jsonItems } from '../../src/cli/json-stream.ts';
import { readRecords, readSpans, SourceReport } from '../../src/cli/span-source.ts';
import { spanToJson } from '../../src/otlp/write-json.ts';
import type { SpanData } from '../../src/semconv/span-data.ts';
import { spanDataOf } from '../../src/semconv/to-span.ts';
import { fullInteraction } from '../../src/testing/sample-interactions.ts';
import { vendors } from '../../src/vendors/index.ts';

let count = 0;
function file(text: string): string {
  count += 1;
  const path = join(tmpdir(), `spanport-json-${process.pid}-${count}`);
  writeFileSync(path, text);
  onTestFinished(() => rmSync(path, { force: true }));
  return path;
}

async function itemsOf(text: string): Promise<JsonItem[]> {
  const items: JsonItem[] = [];
  for await (const item of jsonItems(file(text))) items.push(item);
  return items;
}

const long = 'x'.repeat(200_000);

describe('a file', () => {
  it.each<[string, string, unknown[]]>([
    ['of one value per line', '{"a":1}\n\n{"a":2}\n', [{ a: 1 }, { a: 2 }]],
    ['without a last line break', '{"a":1}\r\n{"a":2}', [{ a: 1 }, { a: 2 }]],
    ['of one document over many lines', JSON.stringify({ a: [1, { b: 2 }] }, null, 2), [{ a: [1, { b: 2 }] }]],
    ['of a list in one line', '[{"a":1},{"a":2}]', [{ a: 1 }, { a: 2 }]],
    [
      'of a list over many lines',
      JSON.stringify([{ a: '],"\\' }, { b: [1] }, 3], null, 2),
      [{ a: '],"\\' }, { b: [1] }, 3],
    ],
    ['of a list with an item per line', '[\n{"a":1},\n{"a":2}\n]\n', [{ a: 1 }, { a: 2 }]],
    ['with a byte order mark', '\ufeff{"a":1}\n', [{ a: 1 }]],
    ['of lines longer than what is read at once', `{"a":"${long}"}\n{"b":"${long}"}\n`, [{ a: long }, { b: long }]],
    ['of an empty list', '[]', []],
    ['that is empty', '', []],
  ])('%s', async (_, text, values) => {
    expect((await itemsOf(text)).map((item) => ('value' in item ? item.value : item))).toEqual(values);
  });

  it.each<[string, string, Partial<Extract<JsonItem, { problem: string }>>[]]>([
    ['a last line that is cut', '{"a":1}\n{"a":', [{ line: 2, isCut: true }]],
    ['one cut line', '{"a":', [{ line: 1, isCut: true }]],
    ['a broken line in the middle', '{"a":1}\nnonsense\n{"a":2}\n', [{ line: 2, isCut: false }]],
    ['a broken first line', '{"a":\n{"a":2}\n', [{ line: 1, isCut: false }]],
    ['a document that is cut', '{\n"a": 1,\n', [{ line: 1, isCut: false }]],
    ['a list that is cut', '[{"a":1},\n{"a":', [{ line: 2, isCut: true }]],
  ])('names %s', async (_, text, problems) => {
    expect((await itemsOf(text)).filter((item) => 'problem' in item)).toMatchObject(problems);
  });

  it('is read in pieces: the first values are there before the rest is', async () => {
    const items = jsonItems(file(`{"a":1}\n${`{"a":"${long}"}\n`.repeat(50)}`));
    expect((await items.next()).value).toEqual({ line: 1, value: { a: 1 } });
    await items.return(undefined);
  });

  it('that is not there is named', async () => {
    await expect(jsonItems('/nowhere/spans.jsonl').next()).rejects.toThrow(
      '/nowhere/spans.jsonl cannot be read (ENOENT).',
    );
  });
});

describe('spans of a file', () => {
  const span = (spanId: string): SpanData => ({
    ...spanDataOf(fullInteraction),
    spanId,
    scope: { name: 'x', version: '7' },
  });
  const line = (spanId: string): string => spanToJson(span(spanId));
  async function read(text: string): Promise<{ spans: SpanData[]; report: SourceReport; warnings: string[] }> {
    const warnings: string[] = [];
    const report = new SourceReport('spans.jsonl', (message) => void warnings.push(message));
    const spans: SpanData[] = [];
    for await (const portion of readSpans(file(text), report)) spans.push(...portion);
    return { spans, report, warnings };
  }

  it('leaves out other signals and a cut last line, with a count, and keeps the version of the scope', async () => {
    const text = [
      line('a'.repeat(16)),
      '{"resourceLogs":[]}',
      '{"resourceMetrics":[]}',
      line('b'.repeat(16)),
      '{"resourceSp',
    ];
    const { spans, report, warnings } = await read(text.join('\n'));
    expect(spans.map(({ spanId, scope }) => [spanId, scope])).toEqual([
      ['a'.repeat(16), { name: 'x', version: '7' }],
      ['b'.repeat(16), { name: 'x', version: '7' }],
    ]);
    expect(report).toMatchObject({ spans: 2, otherSignals: 2, cut: 1, unreadable: 0 });
    expect(warnings).toEqual([
      '2 lines of other signals left out.',
      'The last line of spans.jsonl is cut off and was left out.',
    ]);
  });

  it('gives GenAI events to the span of their project, of several with equal ids', async () => {
    const resource = (project: string) => ({ 'spanport.project': project });
    const event = (project: string): string => {
      const { traceId, spanId } = span('a'.repeat(16));
      const body = { kvlistValue: { values: [{ key: 'content', value: { stringValue: `question of ${project}` } }] } };
      const record = { traceId, spanId, eventName: 'gen_ai.user.message', body };
      const attributes = [{ key: 'spanport.project', value: { stringValue: project } }];
      return JSON.stringify({ resourceLogs: [{ resource: { attributes }, scopeLogs: [{ logRecords: [record] }] }] });
    };
    const lines = ['A', 'B'].flatMap((project) => [
      spanToJson({ ...span('a'.repeat(16)), resource: resource(project) }),
      event(project),
    ]);
    const { spans } = await read(lines.join('\n'));
    expect(spans.map(({ resource: { 'spanport.project': name }, events = [] }) => [name, events.length])).toEqual([
      ['A', 1],
      ['B', 1],
    ]);
    expect(JSON.stringify(spans[0]?.events)).toContain('question of A');
  });

  it('names the line that cannot be read, and why', async () => {
    const { report, warnings } = await read(`${line('a'.repeat(16))}\nnonsense\n{"a":1}\n`);
    expect(report.unreadable).toBe(2);
    expect(warnings).toEqual([
      expect.stringMatching(/^Line 2 of spans.jsonl is left out: not valid JSON \(Unexpected token/),
      'Line 3 of spans.jsonl is left out: it is not an OTLP/JSON request, which has a list named resourceSpans.',
    ]);
    expect(warnings.join()).not.toContain('"nonsense"');
  });

  it.each(['', '\n\n', '{"resourceSpans":[]}', '{"resourceLogs":[]}'])('%j is not a success', async (text) => {
    await expect(read(text)).rejects.toThrow('spans.jsonl holds no spans.');
  });

  it("recognises every vendor's records", async () => {
    for (const vendor of vendors) {
      const options = vendor.resolveOptions(
        {},
        { ...Object.fromEntries(vendor.secrets.map((name) => [name, 'k'])), ...vendor.sampleSettings },
      );
      const payloads = vendor
        .encode(fullInteraction, options)
        .map(({ payload }) =>
          vendor.localOutput?.(options) ? JSON.stringify(payload) : String(vendor.request(payload, options).body),
        );
      const report = new SourceReport('records.json', (message) => expect.unreachable(message));
      const spans: SpanData[] = [];
      for await (const portion of readRecords(file(`[${payloads.join(',\n')}]`), undefined, report))
        spans.push(...portion);
      expect(spans.length, vendor.name).toBeGreaterThan(0);
    }
  });
});
