import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUserProject, type Finished, type UserProject } from './user-project.ts';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

let project: UserProject;

beforeAll(async () => {
  project = await createUserProject();
});

afterAll(() => project.close());

const spanport = (args: readonly string[], env: Record<string, string> = {}): Promise<Finished> =>
  project.run('node', [main, ...args], { env });

/** Nothing of the environment is set up. */
const nothing = { ATHINA_API_KEY: '', RECONIFY_APP_KEY: '', RECONIFY_API_KEY: '' };

describe('spanport', () => {
  it('prints its version', async () => {
    expect(await spanport(['--version'])).toMatchObject({ code: 0, stdout: `${manifest.version}\n` });
  });

  it.each([
    [[]],
    [['demo', '--help']],
    [['doctor', '--help']],
    [['export', '--help']],
    [['import', '--help']],
    [['import', 'file', '--help']],
    [['import', 'kore', '--help']],
    [['spool', '--help']],
    [['spool', 'status', '--help']],
    [['spool', 'replay', '--help']],
    [['spool', 'drop', '--help']],
  ])('explains %j', async (args) => {
    const { code, stdout, stderr } = await spanport(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^USAGE /m);
  });

  it.each([
    [['demmo'], "'spanport demmo' is no command"],
    [['spool', 'clear'], "'spanport spool clear' is no command"],
    [['demo', '--jsn'], "'--jsn' is no option of spanport demo"],
    [['export'], 'FILE'],
    [['export', '--dry-run', 'missing.jsonl'], 'missing.jsonl cannot be read (ENOENT)'],
  ])('answers %j with one sentence', async (args, sentence) => {
    const { code, stdout, stderr } = await spanport(args);
    expect(stderr).toContain(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stdout).toBe('');
    expect(code).toBe(sentence.includes('read') ? 1 : 2);
  });
});

describe('spanport doctor', () => {
  it('finds what is installed and set up, and prints no key', async () => {
    const { code, stdout } = await spanport(['doctor', '--json']);
    const { findings } = JSON.parse(stdout) as { findings: { check: string; state: string; text: string }[] };
    const byName = Object.fromEntries(findings.map(({ check, state }) => [check, state]));
    expect(byName).toMatchObject({
      Node: 'ok',
      openai: 'ok',
      athina: 'ok',
      reconify: 'ok',
      Context: 'ok',
      Spool: 'note',
    });
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/athina-key|app-key|api-key/);
  });

  it('fails on a setting that cannot work, and says which', async () => {
    const { code, stdout } = await spanport(['doctor'], { SPANPORT_DESTINATIONS: 'athina,nowhere', ...nothing });
    expect(code).toBe(1);
    expect(stdout).toMatch(/✗ athina .*ATHINA_API_KEY is not set/);
    expect(stdout).toMatch(/✗ nowhere .*no destination/);
  });

  it('sends nothing', async () => {
    const before = project.sinks.athina.received.length;
    await spanport(['doctor']);
    expect(project.sinks.athina.received).toHaveLength(before);
  });
});

describe('spanport export and import', () => {
  beforeAll(async () => {
    project.write('app.mjs', readFileSync(new URL('../../examples/chat-to-jaeger/app.mjs', import.meta.url), 'utf8'));
    await project.run('node', ['--import', 'spanport/register', 'app.mjs'], {
      env: { SPANPORT_DESTINATIONS: 'file:spans.jsonl' },
    });
  });

  it('shows without any key what each vendor would get', async () => {
    const { code, stdout, stderr } = await spanport(['export', '--dry-run', '--json', 'spans.jsonl'], nothing);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const plans = JSON.parse(stdout) as Record<string, { method: string; url: string; body: unknown }[]>;
    expect(Object.fromEntries(Object.entries(plans).map(([name, requests]) => [name, requests.length]))).toEqual({
      athina: 2,
      reconify: 2,
      inkeep: 1,
      requesty: 2,
      kore: 2,
    });
    expect(plans['athina']?.[0]).toMatchObject({ method: 'POST', body: { language_model_id: 'gpt-4o-mini' } });
  });

  it('leaves content out where a destination may not have it', async () => {
    const { stdout } = await spanport(['export', '--dry-run', '--json', '--to', 'otlp,athina', 'spans.jsonl'], {
      SPANPORT_CONTENT: 'athina=none',
    });
    expect(stdout).not.toContain('Lisbon');
  });

  it('sends a file of spans to the destinations of the environment', async () => {
    const before = project.sinks.athina.received.length;
    const { code, stdout } = await spanport(['export', 'spans.jsonl', '--to', 'athina', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ athina: { enqueued: 2, delivered: 2 } });
    expect(project.sinks.athina.received.length - before).toBe(2);
  });

  it('fails when a destination cannot be reached', async () => {
    const { code, stdout } = await spanport(['export', 'spans.jsonl', '--to', 'requesty'], {
      REQUESTY_API_KEY: 'key',
      REQUESTY_INGESTION_URL: `${project.sinks.athina.url}/api/v1/log/inference`,
    });
    expect(code).toBe(1);
    expect(stdout).toMatch(/✗ requesty: 0 of 2 delivered/);
  });

  it('says what to do when no destination is set', async () => {
    const { code, stderr } = await spanport(['export', 'spans.jsonl'], nothing);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('--to') });
  });

  it('imports the records of one vendor into another', async () => {
    await spanport(['export', 'spans.jsonl', '--to', 'kore'], { SPANPORT_KORE_OUTPUT: 'file:kore.jsonl' });
    const before = project.sinks.athina.received.length;
    const { code, stdout } = await spanport(['import', 'file', 'kore.jsonl', '--to', 'athina']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('2 of 2 delivered') });
    expect(project.sinks.athina.received.slice(before).map(({ body }) => body)).toMatchObject([
      { language_model_id: 'gpt-4o-mini' },
      { language_model_id: 'gpt-4o-mini', response: expect.stringContaining('celsius 17') },
    ]);
  });

  it('names the record that is none of the vendor’s', async () => {
    project.write('odd.jsonl', '{"Time Taken": 1}\n{"hello": "there"}\n');
    const { code, stderr } = await spanport(['import', 'file', 'odd.jsonl', '--from', 'reconify', '--to', 'athina']);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^Record 1 of odd.jsonl is none of reconify's/),
    });
  });
});
