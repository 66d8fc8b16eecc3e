import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { isEarlier } from '../../src/cli/gateway-start.ts';
import { SCHEMA_VERSION } from '../../src/store/schema.ts';
import { databaseFile } from '../../src/store/store.ts';
import { open } from '../store/local-store.ts';

it('a start converts data of an earlier version, and neither data of this one nor a new folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'spanport-start-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  expect(isEarlier(folder)).toBe(false);
  const found = [SCHEMA_VERSION, SCHEMA_VERSION - 1].map((version) => {
    const db = open(databaseFile(folder));
    db.exec(`PRAGMA user_version = ${version}`);
    db.close();
    return isEarlier(folder);
  });
  expect(found).toEqual([false, true]);
});
