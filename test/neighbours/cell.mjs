import { observePatterns } from './observe-patterns.mjs';

// `import` stands here and not in the shared file, so that an ES module of the application is what loads the packages.
await observePatterns((name) => import(name));
