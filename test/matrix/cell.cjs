const load = async (name) => require(name);

import('./run-scenario.mjs').then(({ runScenario }) => runScenario('cjs', load));
