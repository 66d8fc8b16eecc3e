import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { access, type FakeKore, startFakeKore } from '../kore-import/fake-kore.ts';
import { createUserProject, type Finished, type UserProject } from './user-project.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

let project: UserProject;
let kore: FakeKore;
/** How much the vendor had before the test. */
let before: number;

beforeAll(async () => {
  project = await createUserProject();
});
afterAll(() => project.close());
beforeEach(async () => {
  kore = await startFakeKore();
  before = project.sinks.athina.received.length;
  return () => kore.stop();
});

const environment = (more: Record<string, string> = {}): Record<string, string> => ({
  KORE_HOST: kore.host,
  KORE_BOT_ID: access.botId,
  KORE_CLIENT_ID: access.clientId,
  KORE_CLIENT_SECRET: access.clientSecret,
  ...more,
});

const importKore = (args: readonly string[], env?: Record<string, string>): Promise<Finished> =>
  project.run('node', [main, 'import', 'kore', ...args], { env: environment(env) });

/** The questions that Athina got, with how often it got each. */
function asked(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { body } of project.sinks.athina.received.slice(before)) {
    const [question = ''] = /asked at [^"\\]+/.exec(JSON.stringify(body)) ?? [];
    counts.set(question, (counts.get(question) ?? 0) + 1);
  }
  return counts;
}

describe('spanport import kore', () => {
  it('reads a host over 90 days and several pages into a vendor and a file', async () => {
    kore.fill(130);
    kore.fill(5, '2025-04-20T00:00:00.000Z');
    const { code, stdout, stderr } = await importKore([
      '--since',
      '2025-01-01',
      '--until',
      '2025-05-10',
      '--to',
      'athina,file:kore.jsonl',
      '--json',
    ]);
    expect({ code, stderr: stderr.match(/records/g)?.length }).toEqual({ code: 0, stderr: 3 });
    expect(JSON.parse(stdout)).toMatchObject({
      read: { records: 135, interactions: 135, duplicates: 0, unreadable: 0 },
      delivered: { athina: { delivered: 135 } },
    });
    expect(asked().size).toBe(135);
    expect(new Set(kore.queries.map(({ dateFrom }) => dateFrom)).size).toBe(2);

    const lines = readFileSync(join(project.directory, 'kore.jsonl'), 'utf8').trim().split('\n');
    expect(lines).toHaveLength(135);
    expect(lines[0]).toContain('chat gpt-4');
  });

  it('goes on where a kill left it: nothing is missing, a page at most comes twice', async () => {
    kore.fill(320);
    const args = ['--since', '2025-01-01', '--until', '2025-01-31', '--to', 'athina', '--state', 'kore-state.jsonl'];
    const child = spawn('node', [main, 'import', 'kore', ...args], {
      cwd: project.directory,
      env: { ...process.env, ...environment(), ATHINA_API_KEY: 'k', ATHINA_BASE_URL: project.sinks.athina.url },
      stdio: 'ignore',
    });
    const ended = new Promise((resolve) => child.on('exit', resolve));
    // In the middle of the second page.
    while (asked().size < 150) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill('SIGKILL');
    await ended;
    expect(asked().size).toBeLessThan(320);

    const { code, stdout } = await importKore([...args, '--json']);
    expect(code).toBe(0);
    const counts = asked();
    expect(counts.size).toBe(320);
    expect([...counts.values()].filter((count) => count > 1).length).toBeLessThanOrEqual(100);
    const { read } = JSON.parse(stdout) as { read: { records: number } };
    expect(read.records).toBeLessThan(320);

    const again = await importKore([...args, '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({ read: { interactions: 0 } });
    expect(asked().size).toBe(320);
  });

  it('waits out a limit, and says in one sentence why it was refused', async () => {
    kore.fill(3);
    kore.faults.push({ status: 429, message: "You've exceeded the per-minute rate limit", retryAfter: '1' });
    const { code } = await importKore(['--since', '2025-01-01', '--until', '2025-01-02', '--to', 'athina']);
    expect(code).toBe(0);
    expect(asked().size).toBe(3);

    const refused = await importKore(['--since', '2025-01-01', '--to', 'athina'], { KORE_CLIENT_SECRET: 'wrong-one' });
    expect(refused.code).toBe(1);
    expect(refused.stderr.trim()).toBe('Kore answered 401: Invalid token');
    expect(refused.stderr).not.toContain('wrong-one');
  });

  it.each([
    [['--since', 'tomorrow'], {}, "'tomorrow' is not a valid date"],
    [['--since', '2025-01-01'], { KORE_HOST: '' }, 'KORE_HOST'],
    [['--since', '2025-01-01'], { KORE_CLIENT_SECRET: '' }, 'KORE_CLIENT_SECRET'],
    [['--since', '2025-02-01', '--until', '2025-01-01'], {}, 'before it begins'],
  ])('ends on %j %j with one sentence', async (args, env, sentence) => {
    const { code, stdout, stderr } = await importKore([...args, '--to', 'athina'], env);
    expect(stderr).toContain(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect({ code: code !== 0, stdout }).toEqual({ code: true, stdout: '' });
  });
});
