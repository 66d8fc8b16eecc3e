import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A vitest reporter that leaves what the summary needs in one file per step: vitest's own JSON reporter counts skipped
 * tests but does not say why they were skipped.
 */
export default class ResultFile {
  onTestRunEnd(modules, unhandledErrors) {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const inState = (state) => tests.filter((test) => test.result().state === state);
    // A file that does not load and a hook that throws fail no test: they are failures of their own.
    const broken = [...modules, ...modules.flatMap((module) => [...module.children.allSuites()])]
      .filter((part) => part.errors().length > 0)
      .map((part) => ({ name: nameOf(part), message: textOf(part.errors()) }));
    const failures = [
      ...inState('failed').map((test) => ({ name: nameOf(test), message: textOf(test.result().errors) })),
      ...broken,
      ...unhandledErrors.map((error) => ({ name: 'unhandled error', message: textOf([error]) })),
    ];
    const skipped = inState('skipped')
      .filter((test) => !isBelowBroken(test))
      .map((test) => ({ name: nameOf(test), reason: test.result().note ?? '' }));
    const results = { passed: inState('passed').length, failed: failures.length, skipped, failures };
    const { SPANPORT_CI_RESULTS: directory, SPANPORT_CI_STEP: step } = process.env;
    writeFileSync(join(directory, `${step.replaceAll(/\W/g, '-')}.json`), JSON.stringify(results));
  }
}

/** Skipped because a hook threw, which counts as the failure. */
function isBelowBroken(test) {
  for (let part = test.parent; part; part = part.parent) if (part.errors().length > 0) return true;
  return false;
}

function nameOf(part) {
  const file = part.type === 'module' ? part.relativeModuleId : part.module.relativeModuleId;
  return part.type === 'module' ? file : `${file} > ${part.fullName}`;
}

function textOf(errors) {
  return errors.map((error) => error.message ?? String(error)).join('\n');
}
