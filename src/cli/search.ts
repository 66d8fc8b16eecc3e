import type { Command } from './command.ts';
import { Failure } from './failure.ts';
import { printRows } from './listing.ts';
import { openStoredData, queryFrom, sourceArgs } from './stored-data.ts';

const command: Command = {
  meta: { name: 'search', description: 'Search the messages of all conversations' },
  words: 'WORDS',
  args: sourceArgs,
  examples: ['spanport search refund', 'spanport search --since 7d "cancel my order"'],
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
