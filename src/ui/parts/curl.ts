import type { Answer } from '../../gateway/api/routes.ts';

/** A request as a line for a POSIX shell. */
export function curlOf({
  method,
  url,
  headers,
  body,
}: {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}): string {
  const text = typeof body === 'string' ? body : JSON.stringify(body, null, 2);
  const lines = [
    `curl ${quoted(url)}`,
    ...(method === 'POST' ? [] : [`--request ${method}`]),
    ...Object.entries(headers).map(([name, value]) => `--header ${header(name, value)}`),
    `--data-raw ${quoted(text)}`,
  ];
  return lines.join(' \\\n  ');
}

/** The request to the model; a comment before it names what could not be rebuilt. */
export function curlOfRequest(request: Answer<'getRequest'>): string {
  const note = request.missing === undefined ? '' : `# ${request.missing}\n`;
  return `${note}${curlOf(request)}`;
}

/** A variable of the shell stays one; any other text is quoted so that the shell reads nothing into it. */
function header(name: string, value: string): string {
  return value === 'Bearer $OPENAI_API_KEY' ? `"${name}: ${value}"` : quoted(`${name}: ${value}`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
