import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const folder = new URL('../../api/', import.meta.url);
/** The fake server and the contract suite are for authors of tests, who read their types. */
const entries = readdirSync(folder).filter((file) => file !== 'testing.d.ts');

/** Exported declarations and their members without a comment of their own. */
function undocumented(text: string): string[] {
  const exported = new Set(
    /^export \{ (.*) \};$/m
      .exec(text)?.[1]
      ?.split(', ')
      .map((name) => name.replace('type ', '')),
  );
  const lines = text.split('\n');
  let current = '';
  return lines.flatMap((line, index) => {
    const declared = /^(?:declare )?(?:interface|type|class|function|const) (\w+)/.exec(line)?.[1];
    const member = /^ {4}(?:readonly )?(\w+)\??[(:<]/.exec(line)?.[1];
    current = declared ?? current;
    const name = declared ?? (member ? `${current}.${member}` : undefined);
    const isCommented = lines[index - 1]?.trimEnd().endsWith('*/');
    return name === undefined ||
      isCommented ||
      !exported.has(current) ||
      /\.(constructor|status|reason|note|into)$/.test(name)
      ? []
      : [name];
  });
}

it.each(entries)('every public declaration and member in %s says what it is', (file) => {
  expect(undocumented(readFileSync(new URL(file, folder), 'utf8'))).toEqual([]);
});
