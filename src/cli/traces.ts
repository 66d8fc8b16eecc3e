import type { CommandDef } from 'citty';
import { printRows } from './listing.ts';
import { openStoredData, queryFrom, sourceArgs } from './stored-data.ts';

const command: CommandDef = {
  meta: { name: 'traces', description: 'List traces of the gateway, the latest first: spanport traces [FILTER]' },
  args: sourceArgs,
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
