const { createRequire } = require('node:module');

const load = createRequire(__filename);
import('./observe-patterns.mjs').then(({ observePatterns }) => observePatterns(async (name) => load(name)));
