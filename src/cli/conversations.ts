import type { CommandDef } from 'citty';
import { printRows } from './listing.ts';
import { openStoredData, queryFrom, sourceArgs } from './stored-data.ts';

const command: CommandDef = {
  meta: {
    name: 'conversations',
    description: 'List conversations of the gateway, the latest first: spanport conversations [FILTER]',
  },
  args: sourceArgs,
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
