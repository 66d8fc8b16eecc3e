import type { CommandDef } from 'citty';
import { Failure } from './failure.ts';
import { printRows } from './listing.ts';
import { openStoredData, queryFrom, sourceArgs } from './stored-data.ts';

const command: CommandDef = {
  meta: { name: 'search', description: 'Search what was said: spanport search WORDS' },
  args: sourceArgs,
  async run({ args }): Promise<void> {
    const { q, ...query } = queryFrom(args);
    if (q === undefined) throw new Failure('Name the words to search for: spanport search refund', 2);
    const data = await openStoredData(args);
    try {
      const { items } = await data.search({ ...query, q });
      printRows(items, args['json'] === true, 'interaction');
    } finally {
      data.close();
    }
  },
};
export default command;
