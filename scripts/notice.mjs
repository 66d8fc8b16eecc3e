/** Writes NOTICE: the licences of what the package contains of others, bundled or as files. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('..', import.meta.url));

/** What is in `dist`: parts of the OpenTelemetry SDK, undici's HTTP client, prices, and the page with its fonts. */
const contained = [
  '@fontsource-variable/ibm-plex-sans',
  '@fontsource/ibm-plex-mono',
  '@opentelemetry/api-logs',
  '@opentelemetry/core',
  '@opentelemetry/resources',
  '@opentelemetry/sdk-trace-base',
  '@preact/signals',
  '@preact/signals-core',
  '@pydantic/genai-prices',
  '@tanstack/virtual-core',
  'marked',
  'preact',
  'undici',
];

/** @returns the text of NOTICE, with equal licences once */
export function notice() {
  const byText = new Map();
  for (const name of contained) {
    const folder = `${repository}node_modules/${name}/`;
    const { version, license } = JSON.parse(readFileSync(`${folder}package.json`, 'utf8'));
    const file = existsSync(folder) && readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
    // The Apache License, which is in LICENSE, is not repeated.
    const isOurs = license === 'Apache-2.0';
    const text = isOurs || !file ? `${license}, see LICENSE.` : readFileSync(folder + file, 'utf8').trim();
    byText.set(text, [...(byText.get(text) ?? []), `${name} ${version}`]);
  }
  const parts = [...byText].map(([text, names]) => `${names.join('\n')}\n\n${text}\n`);
  return `Spanport\nCopyright The Spanport Authors. Apache-2.0, see LICENSE.\n\nThis package contains parts of the following.\n\n${parts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(`${repository}NOTICE`, notice());
