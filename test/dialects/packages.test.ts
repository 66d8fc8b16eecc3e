import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Interaction } from '../../src/interaction/interaction.ts';
import { startFakeOpenAI } from '../../src/testing.ts';
import { captureSender, installSender } from './capture.mjs';
import { differencesOf, listedIn, pairsOf } from './captured.ts';
import { ownInteractions } from './own.ts';

const root = mkdtempSync(join(tmpdir(), 'spanport-dialects-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Senders whose packages install in a few seconds each. The others are fixtures only. */
const cheap = [
  'ai-sdk-5',
  'ai-sdk-6',
  'ai-sdk-7',
  'ai-sdk-7-legacy',
  'openinference',
  'openinference-langchain',
  'traceloop-0.14',
  'traceloop',
  'otel-contrib',
  'langfuse',
];

describe('spans of the real package, made now', () => {
  let own: Readonly<Record<string, readonly Interaction[]>>;
  beforeAll(async () => {
    own = await ownInteractions();
  });

  it.each(cheap)('of %s give our own interaction, but for what the README lists', async (name) => {
    const folder = join(root, name);
    await installSender(name, folder);
    const scenarios = await captureSender(name, folder, startFakeOpenAI);
    const { missing, different, more } = differencesOf(pairsOf(own, { scenarios }));
    expect({ missing, different, more }).toEqual(listedIn(name));
  });
});
