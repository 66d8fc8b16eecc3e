import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from './environment.ts';

/** The folder for data of this user: `$XDG_DATA_HOME/spanport`, and what the system has in its place. */
export function userDataFolder(environment: Environment, platform: string = process.platform): string {
  const { XDG_DATA_HOME: xdg, LOCALAPPDATA: local } = environment;
  if (xdg) return join(xdg, 'spanport');
  if (platform === 'win32') return join(local || join(homedir(), 'AppData', 'Local'), 'spanport');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'spanport');
  return join(homedir(), '.local', 'share', 'spanport');
}
