import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { chat, LocalStore } from '../store/local-store.ts';

const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

it('removes the words of deleted conversations from the index of the search', async () => {
  using store = new LocalStore();
  store.spans([
    chat({ trace: 'a', span: '1', conversation: 'gone', question: 'zanzibar' }),
    chat({ trace: 'b', span: '2', conversation: 'kept', question: 'umbrella' }),
  ]);
  store.settle();
  store.writer.deleteConversation(store.reader.conversation('gone')?.id ?? '');
  const bytes = (): string => readFileSync(store.file, 'latin1');
  expect(bytes()).toContain('zanzibar');
  await promisify(execFile)(process.execPath, [CLI, 'db', 'vacuum', '--data', store.folder]);
  expect(bytes()).not.toContain('zanzibar');
  expect(store.reader.interactions({ q: 'umbrella', limit: 5 }).items).toHaveLength(1);
});
