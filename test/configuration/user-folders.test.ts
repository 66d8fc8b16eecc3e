import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { discoveryFile } from '../../src/configuration/discovery.ts';
import { userDataFolder } from '../../src/configuration/user-folders.ts';

afterEach(() => vi.unstubAllEnvs());

it('is below XDG_DATA_HOME, which is ignored where it is relative: every working directory would have another folder', () => {
  expect(userDataFolder({ XDG_DATA_HOME: '/data' }, 'linux')).toBe('/data/spanport');
  for (const relative of ['data', './data', '~/data'])
    expect(userDataFolder({ XDG_DATA_HOME: relative }, 'linux')).toBe(join(homedir(), '.local/share/spanport'));
});

it('is never in the working directory: without a home folder the sentence says what to set', () => {
  vi.stubEnv('HOME', '');
  for (const platform of ['linux', 'darwin'])
    expect(() => userDataFolder({}, platform)).toThrow(
      'This user has no home folder: name a folder for the data with --data, or set XDG_DATA_HOME to an absolute path.',
    );
  expect(discoveryFile({})).toBeUndefined();
  expect(userDataFolder({ XDG_DATA_HOME: '/data' })).toBe('/data/spanport');
});
