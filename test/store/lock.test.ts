import { expect, it } from 'vitest';
import type { OpenDatabase } from '../../src/sqlite/driver.ts';
import { lockFolder } from '../../src/store/lock.ts';

it.each([
  ['database is locked', 'locked', /^Another gateway writes to this data folder\. Stop it/],
  ['database or disk is full', 'full', /^The disk of the data folder is full.*Make room there/],
])('explains why the folder cannot be had: %s', (reason, code, message) => {
  const database = {
    exec(sql: string): void {
      if (sql.startsWith('BEGIN')) throw new Error(reason);
    },
    close: () => undefined,
  };
  const open = (() => database) as unknown as OpenDatabase;
  expect(() => lockFolder(open, 'spanport.db')).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  );
});
