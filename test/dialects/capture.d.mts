import type { startFakeOpenAI as start } from '../../src/testing.ts';
import type { Captured } from './captured.ts';

export function installSender(name: string, folder: string): Promise<void>;
export function installPackages(packages: Readonly<Record<string, string>>, folder: string): Promise<void>;
export function captureSender(
  name: string,
  folder: string,
  startFakeOpenAI: typeof start,
  python?: string,
): Promise<Captured['scenarios']>;
