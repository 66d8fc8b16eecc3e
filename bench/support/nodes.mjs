/** The Node lines to measure on. Those that are not running come as npm packages, into the repository's `.cache/`. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { npm } from './npm.mjs';

const VERSIONS = { 20: '20.20.2', 22: '22.23.3', 24: '24.21.0' };

/** @returns the path of a Node binary of this major */
export function nodeBinary(major, cache) {
  const version = VERSIONS[major];
  if (!version) throw new Error(`--node ${major}: there is only ${Object.keys(VERSIONS).join(', ')}.`);
  if (process.versions.node.split('.', 1)[0] === major) return process.execPath;
  const name = `node-${platform()}-${arch()}`;
  const directory = join(cache, `${name}-${version}`);
  const binary = join(directory, 'node_modules', name, 'bin', 'node');
  if (existsSync(binary)) return binary;
  mkdirSync(cache, { recursive: true });
  const unfinished = mkdtempSync(join(cache, 'node-'));
  writeFileSync(join(unfinished, 'package.json'), '{ "private": true }');
  npm(['install', '--no-save', '--ignore-scripts', `${name}@${version}`], unfinished);
  rmSync(directory, { recursive: true, force: true });
  renameSync(unfinished, directory);
  return binary;
}
