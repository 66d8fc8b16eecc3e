import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Runs `main` if Node was started with this file, and not if the file was imported. An error is one line on stderr.
 *
 * @param {string} url `import.meta.url` of the file
 * @param {() => Promise<void>} main
 */
export function runAsCommand(url, main) {
  if (!process.argv[1] || realpathSync(process.argv[1]) !== fileURLToPath(url)) return;
  main().then(
    // Sockets of a race that is over can stay open; the work is done either way.
    () => process.exit(),
    (error) => {
      process.stderr.write(`${error.message}\n`);
      process.exit(1);
    },
  );
}
