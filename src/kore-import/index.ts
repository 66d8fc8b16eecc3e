export { KoreImportError } from './fetch-page.ts';
export { importKore, type KoreImportOptions, type KoreImportProgress, type KoreImportSummary } from './import-kore.ts';
export type { Clock, RateClass } from './rate-limiter.ts';
