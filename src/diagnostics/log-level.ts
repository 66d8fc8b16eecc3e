import { DiagConsoleLogger, DiagLogLevel, diag } from '@opentelemetry/api';
import { hasLogger } from './diag.ts';

/**
 * `OTEL_LOG_LEVEL` of another level than `none`: everything from that level on goes to the console, the SDK's own
 * messages included, unless the application has a `diag` logger of its own.
 */
export function applyLogLevel(environment: Readonly<Record<string, string | undefined>>): void {
  const level = environment['OTEL_LOG_LEVEL']?.trim().toUpperCase();
  if (!level || level === 'NONE' || !Number.isNaN(Number(level)) || !(level in DiagLogLevel) || hasLogger()) return;
  diag.setLogger(new DiagConsoleLogger(), {
    logLevel: DiagLogLevel[level as keyof typeof DiagLogLevel],
    suppressOverrideMessage: true,
  });
}
