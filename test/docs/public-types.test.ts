import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const folder = new URL('../../api/', import.meta.url);
const entries = readdirSync(folder);

/**
 * Exported declarations, and members of interfaces and classes, without a comment of their own. A union of objects has one
 * comment for all of it.
 */
function undocumented(text: string): string[] {
  const exported = new Set(
    /^export \{ (.*) \};$/m
      .exec(text)?.[1]
      ?.split(', ')
      .map((name) => name.replace('type ', '')),
  );
  const lines = text.split('\n');
  let current = '';
  let hasMembers = false;
  return lines.flatMap((line, index) => {
    const [, kind, declared] = /^(?:declare )?(interface|type|class|function|const) (\w+)/.exec(line) ?? [];
    if (kind) hasMembers = kind === 'interface' || kind === 'class';
    const member = hasMembers ? /^ {4}(?:readonly )?(\w+)\??[(:<]/.exec(line)?.[1] : undefined;
    current = declared ?? current;
    const name = declared ?? (member ? `${current}.${member}` : undefined);
    const isCommented = lines[index - 1]?.trimEnd().endsWith('*/');
    const isExempt = isCommented || !exported.has(current) || name?.endsWith('.constructor');
    return name === undefined || isExempt ? [] : [name];
  });
}

it.each(entries)('every public declaration and member in %s says what it is', (file) => {
  expect(undocumented(readFileSync(new URL(file, folder), 'utf8'))).toEqual([]);
});
