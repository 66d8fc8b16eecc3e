import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadingFindings } from '../../src/cli/loading-findings.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'spanport-doctor-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function write(path: string, content: unknown): void {
  mkdirSync(dirname(join(directory, path)), { recursive: true });
  writeFileSync(join(directory, path), typeof content === 'string' ? content : JSON.stringify(content));
}

it('says nothing about an ordinary application', () => {
  write('package.json', { dependencies: { openai: '^6.0.0', spanport: '^0.1.0' } });
  write('node_modules/spanport/package.json', { version: '0.1.0' });
  expect(loadingFindings(directory)).toEqual([]);
});

it('names the setting of Next.js, until it is there', () => {
  write('package.json', { dependencies: { next: '16.0.0' } });
  write('next.config.mjs', 'export default {};');
  expect(loadingFindings(directory)).toEqual([
    { check: 'Next.js', text: expect.stringContaining(`serverExternalPackages: ['spanport', 'openai']`) },
  ]);
  write('next.config.mjs', `export default { serverExternalPackages: ['openai', 'spanport'] };`);
  expect(loadingFindings(directory)).toEqual([]);
});

it('knows bundlers by their configuration, Jest and aliases by the manifest', () => {
  write('package.json', { devDependencies: { jest: '30' }, dependencies: { 'ai-client': 'npm:openai@6' } });
  write('webpack.config.js', 'module.exports = {};');
  write('rspack.config.ts', 'export default {};');
  expect(loadingFindings(directory).map(({ check }) => check)).toEqual(['openai', 'webpack', 'rspack', 'Jest']);
  expect(loadingFindings(directory)[0]?.text).toContain(`'ai-client'`);
});

it('knows esbuild by a script that bundles', () => {
  write('package.json', { scripts: { build: 'esbuild app.ts --bundle --platform=node', watch: 'tsx watch app.ts' } });
  expect(loadingFindings(directory).map(({ check }) => check)).toEqual(['esbuild']);
  write('package.json', { scripts: { build: 'esbuild app.ts' } });
  expect(loadingFindings(directory)).toEqual([]);
});

it('names the variables of a .env file that the environment lacks', () => {
  write('package.json', {});
  write(
    '.env',
    'OPENAI_API_KEY=k\n# SPANPORT_METRICS=latest\nATHINA_API_KEY=k\nexport SPANPORT_CONTENT = none\nREQUESTY_API_KEY=k\n',
  );
  const [finding, ...others] = loadingFindings(directory, { REQUESTY_API_KEY: 'k' });
  expect(others).toEqual([]);
  expect(finding).toEqual({
    check: '.env',
    text: expect.stringMatching(
      /^sets ATHINA_API_KEY, SPANPORT_CONTENT, which this command does not see\..*--env-file=\.env/,
    ),
  });
});

it('finds other versions of Spanport and of the API in the folders of packages', () => {
  write('node_modules/spanport/package.json', { version: '0.2.0' });
  write('node_modules/lib/node_modules/spanport/package.json', { version: '0.1.0' });
  write('node_modules/@opentelemetry/api/package.json', { version: '1.10.0' });
  write('node_modules/@ai-sdk/otel/node_modules/@opentelemetry/api/package.json', { version: '1.9.1' });
  expect(loadingFindings(directory)).toEqual([
    { check: 'spanport', text: expect.stringContaining('0.1.0 in lib') },
    { check: '@opentelemetry/api', text: expect.stringContaining('1.9.1 in @ai-sdk/otel') },
  ]);
});
