/** A fenced block of a Markdown file, with what the comment before it says of it. */
export interface CodeBlock {
  readonly language: string;
  readonly code: string;
  /** The line on which the block begins. */
  readonly line: number;
  readonly directive: Directive;
}

/**
 * - `<!-- run as: chat.mjs, reaches: athina -->`: saved under that name in a folder named after it, and run there.
 * - `<!-- run in: chat -->`: shell lines, run in the folder of that name.
 * - `<!-- not run: reason -->`
 */
export type Directive =
  | { readonly kind: 'run as'; readonly file: string; readonly folder: string; readonly reaches?: string }
  | { readonly kind: 'run in'; readonly folder: string }
  | { readonly kind: 'not run'; readonly reason: string }
  | { readonly kind: 'missing' };

const BLOCK = /(?:<!-- (?<directive>[^>]*?) -->\n)?```(?<language>\w+)\n(?<code>.*?)\n```/gs;

export function codeBlocksIn(markdown: string): CodeBlock[] {
  return [...markdown.matchAll(BLOCK)].map(({ index, groups = {} }) => ({
    language: groups['language'] ?? '',
    code: groups['code'] ?? '',
    line: markdown.slice(0, index).split('\n').length,
    directive: directiveFrom(groups['directive']),
  }));
}

function directiveFrom(text: string | undefined): Directive {
  const notRun = /^not run: (.+)$/.exec(text ?? '');
  if (notRun?.[1]) return { kind: 'not run', reason: notRun[1] };
  const runIn = /^run in: (\S+)$/.exec(text ?? '');
  if (runIn?.[1]) return { kind: 'run in', folder: runIn[1] };
  const runAs = /^run as: (\S+?)(?:, reaches: (\S+))?$/.exec(text ?? '');
  if (runAs?.[1]) {
    const [, file, reaches] = runAs;
    return { kind: 'run as', file, folder: file.replace(/\.\w+$/, ''), ...(reaches && { reaches }) };
  }
  return { kind: 'missing' };
}
