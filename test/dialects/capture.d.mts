import type { Captured } from './captured.ts';

export function installSender(name: string, folder: string): Promise<void>;
export function installPackages(packages: Readonly<Record<string, string>>, folder: string): Promise<void>;
export function captureSender(
  name: string,
  folder: string,
  options?: { readonly python?: string },
): Promise<Captured['scenarios']>;
