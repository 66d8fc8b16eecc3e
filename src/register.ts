/** `node --import spanport/register app.js`: tracing from the environment alone, for ESM and CommonJS applications. */
import { isSdkDisabled } from './exporter/sdk-disabled.ts';
import { hookModules } from './start/hook-modules.ts';
import { start } from './start/start.ts';
import { ConfigurationError } from './vendors/configuration.ts';

try {
  if (!isSdkDisabled(process.env)) hookModules();
  start();
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  process.stderr.write(`spanport: ${error.message}\n`);
  process.exit(1);
}
