import type { VendorFields } from '../../src/vendors/fields.ts';

/** The tables of a vendor's README, made of its fields. */
export function fieldsTable(vendor: string, { fields, changed, lost }: VendorFields): string {
  const rows = fields.map(({ path, meaning, from, back = from }) => {
    const source = from.length === 0 ? 'constant' : names(from);
    const target = back.join() === from.join() ? 'the same' : back.length === 0 ? 'not read' : names(back);
    return `| \`${path.replaceAll('\\', '')}\` | ${meaning} | ${source} | ${from.length === 0 && back.length === 0 ? 'not read' : target} |`;
  });
  return [
    `| ${vendor} | Meaning | From the interaction | Back |`,
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    '## What is lost',
    '',
    'Fields that come back differently:',
    '',
    ...grouped(changed).map(([how, names]) => `- ${names}: ${how}`),
    '',
    `Fields that do not come back: ${names(lost)}.`,
  ].join('\n');
}

/** Members of a group are written together: `usage.inputTokens`, `.outputTokens`. */
function names(fields: readonly string[]): string {
  let group = '';
  return fields
    .map((field) => {
      const [, before = '', member = ''] = /^(\w+)\.(\w+)$/.exec(field) ?? [];
      const isSame = before !== '' && before === group;
      group = before;
      return isSame ? `\`.${member}\`` : `\`${field}\``;
    })
    .join(', ');
}

function grouped(changed: VendorFields['changed']): readonly (readonly [how: string, names: string])[] {
  const byChange = new Map<string, string[]>();
  for (const [field, how] of Object.entries(changed)) byChange.set(how, [...(byChange.get(how) ?? []), field]);
  return [...byChange].map(([how, fields]) => [how, names(fields)]);
}
