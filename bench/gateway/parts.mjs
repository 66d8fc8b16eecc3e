/** The parts of the store that fill a data folder without a server; bundled, since Node 20 does not run TypeScript. */
export { findSqlite } from '../../src/sqlite/driver.ts';
export { resourceJsonOf, spanRowFrom } from '../../src/store/span-row.ts';
export { StoreWriter } from '../../src/store/writer.ts';
