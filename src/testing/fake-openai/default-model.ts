import { sampleFrom } from './json-sample.ts';
import { countTokens } from './tokens.ts';
import { isObject } from './turn.ts';
import type { ModelReply, ModelTurn, OfferedTool, ScriptedToolCall } from './types.ts';

/**
 * What the model says when nothing is scripted; the same for the same question. It calls a tool when the last user
 * message speaks of one, answers from what tools gave back, fills the requested schema, and else echoes.
 */
export function defaultReply(turn: ModelTurn): ModelReply {
  const toolCalls = callsFor(turn);
  if (toolCalls.length > 0) return { toolCalls };
  return shortened(turn.schema ? structured(turn, turn.schema) : spoken(turn), turn.maxOutputTokens);
}

const question = (turn: ModelTurn): string => turn.messages.findLast((message) => message.role === 'user')?.text ?? '';

function structured(turn: ModelTurn, schema: NonNullable<ModelTurn['schema']>): string {
  const free = Object.keys(schema).length === 0;
  return JSON.stringify(free ? { answer: spoken(turn) } : sampleFrom(schema, question(turn), 'all'));
}

function spoken(turn: ModelTurn): string {
  if (turn.toolOutputs.length > 0) {
    return `Here is what I found. ${turn.toolOutputs.map(({ name, output }) => `${name}: ${readable(output)}.`).join(' ')}`;
  }
  const text = question(turn).trim();
  if (text === '') return 'Hello! How can I help you today?';
  const quoted = text.length > 200 ? `${text.slice(0, 200)}…` : text;
  return `You said: “${quoted}” This is the fake OpenAI server of Spanport, so that is all I know.`;
}

/** `{"celsius":18}` → `celsius 18`; anything else as it is. */
function readable(output: string): string {
  try {
    const value: unknown = JSON.parse(output);
    if (isObject(value))
      return Object.entries(value)
        .map(([key, inner]) => `${key} ${plain(inner)}`)
        .join(', ');
    return plain(value);
  } catch {
    return output.replace(/\.$/, '');
  }
}

const plain = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function shortened(text: string, maxTokens: number | undefined): ModelReply {
  if (maxTokens === undefined || countTokens(text) <= maxTokens) return { text };
  return { text: text.slice(0, maxTokens * 4), end: { status: 'incomplete', reason: 'max_output_tokens' } };
}

function callsFor(turn: ModelTurn): ScriptedToolCall[] {
  const { tools, toolChoice } = turn;
  if (toolChoice === 'none' || turn.toolOutputs.length > 0) return [];
  const text = question(turn);
  const wanted = tools.filter((tool) => speaksOf(text, tool));
  const chosen =
    typeof toolChoice === 'object'
      ? tools.filter((tool) => tool.name === toolChoice.name)
      : toolChoice === 'required' && wanted.length === 0
        ? tools.slice(0, 1)
        : wanted;
  const calls = chosen.flatMap((tool) => callsOf(tool, text));
  return turn.parallelToolCalls ? calls : calls.slice(0, 1);
}

/** A word of the tool's name, or two of its description. */
function speaksOf(question: string, tool: OfferedTool): boolean {
  const spoken = words(question);
  const shared = (text: string): number => [...words(text)].filter((word) => spoken.has(word)).length;
  return shared(tool.name) > 0 || shared(tool.description) > 1;
}

const COMMON = new Set(
  'about another call current date find from function get given have info look make need please return returns search send show tell that their them then there these this today tool user want what when where which with your'.split(
    ' ',
  ),
);

const words = (text: string): Set<string> =>
  new Set(
    text
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .toLowerCase()
      .split(/[^a-z0-9]+/)
      .map((word) => word.replace(/(?<=\w{3})(s|ing|ed)$/, ''))
      .filter((word) => word.length > 2 && !COMMON.has(word)),
  );

/** “Paris and London” makes one call each, if the tool wants one text. */
function callsOf(tool: OfferedTool, text: string): ScriptedToolCall[] {
  const places = /\b(?:in|for|at|of)\s+((?:\p{Lu}[\p{L}'-]+)(?:(?:,\s*|\s+and\s+|,\s+and\s+)\p{Lu}[\p{L}'-]+)+)/u.exec(
    text,
  );
  const subjects = places?.[1]?.split(/,\s*and\s+|,\s*|\s+and\s+/) ?? [];
  const hints = subjects.length > 1 && takesOneText(tool) ? subjects.map((subject) => `in ${subject}`) : [text];
  return hints.map((hint) => ({
    name: tool.name,
    arguments: JSON.stringify(sampleFrom(tool.parameters, hint, 'required')),
  }));
}

function takesOneText({ parameters }: OfferedTool): boolean {
  const properties = isObject(parameters['properties']) ? Object.values(parameters['properties']) : [];
  return (
    properties.filter((property) => isObject(property) && property['type'] === 'string' && !property['enum']).length ===
    1
  );
}
