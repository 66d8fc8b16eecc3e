import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { Environment } from './environment.ts';
import { ConfigurationError } from './readers.ts';

/**
 * The folder for data of this user: `$XDG_DATA_HOME/spanport`, and what the system has in its place.
 * @throws ConfigurationError for a user without a home folder, as in some containers
 */
export function userDataFolder(environment: Environment, platform: string = process.platform): string {
  const { XDG_DATA_HOME: xdg, LOCALAPPDATA: local } = environment;
  // A relative one is ignored, as the XDG specification says: it would be another folder for each application.
  if (xdg && isAbsolute(xdg)) return join(xdg, 'spanport');
  if (platform === 'win32') return join(local || join(home(), 'AppData', 'Local'), 'spanport');
  if (platform === 'darwin') return join(home(), 'Library', 'Application Support', 'spanport');
  return join(home(), '.local', 'share', 'spanport');
}

function home(): string {
  const found = homeOfSystem();
  if (isAbsolute(found)) return found;
  throw new ConfigurationError(
    'This user has no home folder: name a folder for the data with --data, or set XDG_DATA_HOME to an absolute path.',
  );
}

/** An empty text where there is none: an empty `HOME` is taken as it is, and a missing one of an unknown user throws. */
function homeOfSystem(): string {
  try {
    return homedir();
  } catch {
    return '';
  }
}
