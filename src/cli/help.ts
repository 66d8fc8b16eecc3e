import type { ArgDef, ArgsDef, CommandDef, CommandMeta } from 'citty';
import type { Command } from './command.ts';
import { padEnd, type Terminal, widthOf, wrap } from './terminal.ts';

/** Commands below a heading. */
export interface Group {
  readonly title: string;
  readonly commands: readonly string[];
}

/** From this width on, a description begins on a line of its own. */
const MAX_TERM = 24;
const MAX_LINE = 100;

/** Prints usage, commands, options and examples of a command. */
export async function printHelp(
  terminal: Terminal,
  command: Command,
  path: readonly string[],
  groups?: readonly Group[],
): Promise<void> {
  const { colors, line } = terminal;
  const name = path.join(' ');
  const meta = command.meta as CommandMeta | undefined;
  const args = Object.entries((command.args ?? {}) as ArgsDef);
  const operands = args.filter(([, { type }]) => type === 'positional');
  const options = args.filter(([, { type }]) => type !== 'positional');
  const children = command.subCommands as Record<string, () => Promise<CommandDef> | CommandDef> | undefined;

  for (const text of wrap(`${meta?.description ?? ''}.`, Math.min(terminal.columns, MAX_LINE))) line(text);
  line();
  line(`${colors.bold('Usage:')} ${usageOf(name, command, operands, options)}`);
  if (children) {
    const rows = await Promise.all(
      Object.entries(children).map(async ([word, load]) => [word, descriptionOf(await load())] as const),
    );
    const grouped = groups ?? [{ title: 'Commands', commands: Object.keys(children) }];
    const width = Math.max(...rows.map(([word]) => widthOf(word)));
    for (const { title, commands } of grouped) {
      printRows(
        terminal,
        title,
        commands.flatMap((name) => rows.filter(([word]) => word === name)),
        width,
      );
    }
  }
  printRows(terminal, 'Arguments', operands.map(operandRow));
  printRows(terminal, 'Options', children ? [] : [...options.map(optionRow), ['--help', 'Print this text']]);
  printLines(terminal, 'Examples', command.examples ?? []);
  for (const note of command.notes ?? []) {
    line();
    for (const text of wrap(note, Math.min(terminal.columns, MAX_LINE))) line(text);
  }
  if (children) {
    line();
    line(`${path.length === 1 ? 'spanport help COMMAND' : `${name} COMMAND --help`} prints the options of a command.`);
  }
}

type Arg = readonly [name: string, arg: ArgDef];
type Row = readonly [term: string, text: string];

function usageOf(name: string, command: Command, operands: readonly Arg[], options: readonly Arg[]): string {
  if (command.subCommands) return `${name} COMMAND [options]`;
  const required = options.filter(([, { required }]) => required).map(([name, arg]) => optionTerm(name, arg));
  return [name, ...operands.map(operandTerm), command.words, ...required, '[options]'].filter(Boolean).join(' ');
}

function operandTerm([name, { required }]: Arg): string {
  return required === false ? `[${name.toUpperCase()}]` : name.toUpperCase();
}

function operandRow(operand: Arg): Row {
  return [operandTerm(operand), operand[1].description ?? ''];
}

function optionTerm(name: string, arg: ArgDef): string {
  const hint = 'valueHint' in arg ? arg.valueHint : undefined;
  return arg.type === 'boolean' ? `--${name}` : `--${name} ${(hint ?? name.replaceAll('-', '_')).toUpperCase()}`;
}

function optionRow([name, arg]: Arg): Row {
  const remarks = [
    ...(arg.required ? ['required'] : []),
    ...(typeof arg.default === 'string' ? [`default: ${arg.default}`] : []),
  ];
  return [optionTerm(name, arg), `${arg.description ?? ''}${remarks.length > 0 ? ` (${remarks.join(', ')})` : ''}`];
}

function descriptionOf(command: CommandDef): string {
  return (command.meta as CommandMeta | undefined)?.description ?? '';
}

function printRows({ colors, columns, line }: Terminal, title: string, rows: readonly Row[], atLeast = 0): void {
  if (rows.length === 0) return;
  line();
  line(colors.bold(`${title}:`));
  const width = Math.max(atLeast, ...rows.map(([term]) => widthOf(term)).filter((width) => width <= MAX_TERM));
  for (const [term, text] of rows) {
    const texts = wrap(text, Math.min(columns, MAX_LINE) - width - 4);
    if (widthOf(term) > width) line(`  ${term}`);
    else line(`  ${padEnd(term, width)}  ${texts.shift() ?? ''}`.trimEnd());
    for (const more of texts) line(`  ${' '.repeat(width)}  ${more}`);
  }
}

function printLines({ colors, line }: Terminal, title: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  line();
  line(colors.bold(`${title}:`));
  for (const text of lines) line(`  ${text}`);
}
