import type { Command } from './command.ts';
import { printRows } from './listing.ts';
import { openStoredData, queryFrom, sourceArgs } from './stored-data.ts';

const command: Command = {
  meta: { name: 'traces', description: 'List traces of the gateway, the latest first' },
  words: '[FILTER]',
  args: sourceArgs,
  examples: ['spanport traces --since 1h', 'spanport traces is:error'],
  async run({ args }): Promise<void> {
    const data = await openStoredData(args);
    try {
      const { items } = await data.traces(queryFrom(args));
      printRows(items, args['json'] === true, 'trace');
    } finally {
      data.close();
    }
  },
};
export default command;
