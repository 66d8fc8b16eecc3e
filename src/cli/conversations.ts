import type { Command } from './command.ts';
import { printRows } from './listing.ts';
import { openStoredData, queryFrom, sourceArgs } from './stored-data.ts';

const command: Command = {
  meta: { name: 'conversations', description: 'List conversations of the gateway, the latest first' },
  words: '[FILTER]',
  args: sourceArgs,
  examples: ['spanport conversations --since 1h', "spanport conversations 'model:gpt-4o* cost>0.01'"],
  async run({ args }): Promise<void> {
    const data = await openStoredData(args);
    try {
      const { items } = await data.conversations(queryFrom(args));
      printRows(items, args['json'] === true, 'conversation');
    } finally {
      data.close();
    }
  },
};
export default command;
