import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { site } from '../../scripts/docs-site.mjs';
import { createUserProject, type UserProject } from '../cli/user-project.ts';

const files = site();
const pages = [...files].filter(([name]) => name.endsWith('.html'));

describe('the documents as pages of the gateway', () => {
  it('holds every document, the README first', () => {
    expect(files.get('index.html')).toContain('<h1 id="spanport">Spanport</h1>');
    expect([...files.keys()]).toEqual(
      expect.arrayContaining(['configuration.html', 'delivery.html', 'destination-athina.html', 'architecture.html']),
    );
  });

  it.each(pages)('%s links to pages and headings that are there, and has no script, image or raw HTML', (_, text) => {
    const links = [...text.matchAll(/href="\/docs\/([^"#]+)(?:#([^"]+))?"/g)];
    expect(links.length).toBeGreaterThan(10);
    const broken = links.filter(
      ([, page = '', anchor]) => !files.has(page) || (anchor && !files.get(page)?.includes(`id="${anchor}"`)),
    );
    expect(broken.map(([link]) => link)).toEqual([]);
    expect(text).not.toMatch(/<script|<img|<!--|style="/);
  });
});

describe('spanport up', () => {
  let project: UserProject;
  const home = mkdtempSync(join(tmpdir(), 'spanport-docs-site-'));
  beforeAll(async () => {
    project = await createUserProject();
  });
  afterAll(() => {
    project.close();
    rmSync(home, { recursive: true, force: true });
  });

  it('serves them at /docs', async () => {
    const { stdout, stderr, code } = await project.run('node', [
      '--input-type=module',
      '--eval',
      `import { startGateway } from 'spanport/gateway';
      const gateway = await startGateway({ port: 0, data: ${JSON.stringify(home)}, discoverable: false });
      const first = await fetch(gateway.url + '/docs');
      const page = await fetch(gateway.url + '/docs/delivery.html');
      console.log(first.status, page.status, (await first.text()).includes('<h1 id="spanport">'));
      await gateway.close();`,
    ]);
    expect({ stdout, stderr, code }).toEqual({ stdout: '200 200 true\n', stderr: '', code: 0 });
  });
});
