import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { cacheDirectory } from '../scripts/cache-directory.mjs';
import { againIfItFails, missingCommand } from './again.mjs';

/**
 * A server that is built from a Go module of this folder. The binary is cached outside the checkout, in a folder named
 * after the hash of the module's sources, `go.mod` and `go.sum`, so that a changed version never runs an old binary.
 *
 * @param {{ name: string, folder: string, package?: string }} program
 */
export function goProgram({ name, folder, package: packagePath = '.' }) {
  const path = () => {
    const hash = createHash('sha256');
    for (const file of readdirSync(folder)
      .filter((file) => /^go\.(mod|sum)$|\.go$/.test(file))
      .sort())
      hash.update(readFileSync(join(folder, file)));
    return join(cacheDirectory(), `${name}-${platform()}-${arch()}-${hash.digest('hex').slice(0, 16)}`, name);
  };
  return {
    /** The binary if it was built before, else undefined. */
    find: () => (existsSync(path()) ? path() : undefined),
    /** Builds the binary unless it exists. Minutes when cold, nothing when warm. Resolves to its path. */
    async build() {
      const binary = path();
      if (!existsSync(binary)) await buildBinary({ name, folder, packagePath, binary });
      return binary;
    },
  };
}

async function buildBinary({ name, folder, packagePath, binary }) {
  mkdirSync(join(binary, '..'), { recursive: true });
  // Built under another name and renamed, so that two builds at once never leave half a binary.
  const unfinished = `${binary}.${process.pid}`;
  process.stderr.write(`Building ${name} from its Go module. The first build takes several minutes.\n`);
  try {
    await againIfItFails(`The build of ${name}`, () => goBuild({ name, folder, packagePath, binary: unfinished }));
    renameSync(unfinished, binary);
  } finally {
    rmSync(unfinished, { force: true });
  }
}

function goBuild({ name, folder, packagePath, binary }) {
  const go = spawn(
    'go',
    ['build', '-mod=readonly', '-trimpath', '-buildvcs=false', '-ldflags=-s -w', '-o', binary, packagePath],
    { cwd: folder, env: { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' }, stdio: ['ignore', 2, 2] },
  );
  return new Promise((resolve, reject) => {
    go.once('error', (error) =>
      reject(
        error.code === 'ENOENT' ? missingCommand(`${name} is built with Go, but \`go\` is not on the PATH.`) : error,
      ),
    );
    go.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`go build ended with code ${code}.`))));
  });
}
