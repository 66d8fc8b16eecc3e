import { type Content, contentFields, type Facts, type ToolExecution } from '../interaction/interaction.ts';
import { jsonOf } from '../interaction/json.ts';
import { asIs } from '../interaction/mask.ts';
import type { Attributes } from '../semconv/attributes.ts';
import { ATTR } from '../semconv/names.ts';
import type { ContentSource } from '../semconv/span-content.ts';
import { capContent } from './capped.ts';
import type { CaptureOptions } from './capture-options.ts';
import { joinMasks } from './masks.ts';
import type { Ending } from './span-ends.ts';

/** Separates content from facts, and adds the content of a tool. */
export function splitContent(
  all: Facts,
  tool: ToolExecution | undefined,
): { readonly facts: Facts; readonly content?: Content } {
  let facts: Record<string, unknown> | undefined;
  let content: Record<string, unknown> | undefined = tool && { toolExecutions: [tool] };
  for (const field of contentFields) {
    if (all[field] === undefined) continue;
    facts ??= { ...all };
    delete facts[field];
    content ??= {};
    content[field] = all[field];
  }
  return { facts: facts ?? all, ...(content && { content }) };
}

/**
 * Content that is cut and masked when it is read. A separate function, so that its closure keeps only these parameters
 * alive.
 */
export function deferredContent(
  known: Content | undefined,
  { content, answered, cutTexts }: Pick<Ending, 'content' | 'answered' | 'cutTexts'>,
  options: CaptureOptions,
): ContentSource | undefined {
  if (!known && !content) return undefined;
  return (mask) => {
    const all = content ? readContent(content, answered) : {};
    return capContent(known ? Object.assign({}, known, all) : all, options, joinMasks(options.mask, mask), cutTexts);
  };
}

/** @param answered what a function does not know, because it reads the request */
export function readContent(content: Content | (() => Content), answered?: Content): Content {
  return typeof content === 'function' ? Object.assign(content(), answered) : content;
}

/** Arguments and result of a tool, cut and masked, as attributes of its span. */
export function toolAttributes(tool: ToolExecution, options: CaptureOptions): Attributes {
  const [{ arguments: args, result } = tool] =
    capContent({ toolExecutions: [tool] }, options, asIs).toolExecutions ?? [];
  const text = (value: unknown): string => options.mask(jsonOf(value));
  return {
    ...(args !== undefined && { [ATTR.toolCallArguments]: text(args) }),
    ...(result !== undefined && { [ATTR.toolCallResult]: text(result) }),
  };
}
