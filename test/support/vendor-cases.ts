import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { Interaction } from '../../src/interaction/interaction.ts';
import type { CapturedCase, GoldenCase } from '../../src/testing/vendor-contract.ts';
import { anyInteraction } from './any-interaction.ts';

const fixtures = new URL('../fixtures/', import.meta.url);

/** The shared interactions, each with the payloads that `test/vendors/{vendor}/{name}.golden.json` says it must give. */
export function goldenCases(vendor: string): GoldenCase[] {
  return namesIn(new URL('interactions/', fixtures)).map((name) => ({
    name,
    interaction: readJson(new URL(`interactions/${name}.json`, fixtures)) as Interaction,
    payloads: readJson(new URL(`../vendors/${vendor}/${name}.golden.json`, import.meta.url)) as unknown[],
  }));
}

/** The requests of a vendor's real clients. */
export function capturedCases(vendor: string, secrets: readonly string[] = []): CapturedCase[] {
  return namesIn(new URL('vendors/', fixtures))
    .filter((name) => name.startsWith(`${vendor}-`))
    .map((name) => ({ name, payload: capturedBody(name), secrets }));
}

export function capturedBody(name: string): unknown {
  return (readJson(new URL(`vendors/${name}.json`, fixtures)) as { readonly body: unknown }).body;
}

/** Laws over any interaction at all. */
export function forAll(law: (interaction: Interaction) => Promise<void>): Promise<void> {
  return fc.assert(fc.asyncProperty(anyInteraction, law), {
    numRuns: Number(process.env['SPANPORT_TEST_RUNS'] ?? 200),
  });
}

function namesIn(folder: URL): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length));
}

function readJson(file: URL): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}
