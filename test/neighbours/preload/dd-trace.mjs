import { createRequire } from 'node:module';

// Its agent is a closed port of this machine.
createRequire(import.meta.url)('dd-trace').init({
  url: 'http://127.0.0.1:9',
  startupLogs: false,
  telemetry: { enabled: false },
});
