import { runScenario } from './run-scenario.mjs';

// `import` stands here and not in the scenario, so that an ES module of the application is what loads the packages.
await runScenario('esm', (name) => import(name));
