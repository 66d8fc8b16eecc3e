/**
 * `node:module`, loaded in a way that bundlers do not follow: webpack takes a `createRequire` that it sees for a
 * `require` of the bundle, and fails on paths that it cannot compute.
 */
export const nodeModule: typeof import('node:module') = process.getBuiltinModule('node:module');

export const { createRequire } = nodeModule;
