import type { Detail } from '../conversation-data.ts';
import { moment } from '../format.ts';
import type { TranscriptMessage, Turn } from './transcript.ts';

/** The conversation as Markdown, for an issue or a mail. */
export function markdownOf(conversation: Detail, turns: readonly Turn[]): string {
  const head = [
    `# ${conversation.title ?? conversation.id}`,
    '',
    `${moment(conversation.firstAt)}, ${conversation.models.join(', ')}`,
  ];
  const body = turns.flatMap(({ messages }) => messages.map(messageText)).filter((text) => text !== '');
  return `${[...head, '', ...body].join('\n')}\n`;
}

function messageText({ role, parts, calls, error }: TranscriptMessage): string {
  const words = parts.map((part) => {
    if (part.type === 'text' || part.type === 'refusal') return part.content;
    if (part.type === 'reasoning') return `> ${part.content.replaceAll('\n', '\n> ')}`;
    return `_${part.type}_`;
  });
  const tools = calls.map(({ call, response }) => {
    const result = response === undefined ? '' : `\n${fenced(response)}`;
    return `**${call.name}**\n${fenced(call.arguments ?? {})}${result}`;
  });
  const all = [...words, ...tools, ...(error === undefined ? [] : [`Error: ${error}`])];
  return all.length === 0 ? '' : `## ${role}\n\n${all.join('\n\n')}\n`;
}

function fenced(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}json\n${text}\n${fence}`;
}
