import { api } from '../api.ts';
import { download } from '../parts/download.ts';
import type { TracePlace } from '../places.ts';

const PAGE = 2_000;

/** Downloads traces as one file of OTLP/JSON, which `spanport export` and every collector read. */
export async function downloadOtlp(
  name: string,
  traces: readonly Pick<TracePlace, 'traceId' | 'project'>[],
): Promise<void> {
  const parts: string[] = ['{"resourceSpans":['];
  for (const { traceId, project } of traces) {
    let cursor: string | undefined;
    do {
      const query = { limit: PAGE, project, ...(cursor !== undefined && { cursor }) };
      const page = await api.getTraceOtlp({ params: { traceId }, query });
      for (const each of page.resourceSpans) parts.push(parts.length > 1 ? ',' : '', JSON.stringify(each));
      cursor = page.next;
    } while (cursor !== undefined);
  }
  parts.push(']}\n');
  download(`${name}.otlp.json`, parts, 'application/json');
}
