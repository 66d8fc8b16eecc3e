/**
 * Adds up what the steps left behind and prints it: steps, skips with their reasons, failures, and the last line.
 * A step with tests counts as its tests, any other as one; a test step that failed with no failed test counts as one
 * failure, and so does a skip that allowed-skips.json does not name.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const directory = process.env.SPANPORT_CI_RESULTS;
const allowedSkips = JSON.parse(readFileSync(new URL('./allowed-skips.json', import.meta.url), 'utf8'));

const steps = readFileSync(join(directory, 'steps.tsv'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => line.split('\t'))
  .map(([name, code, seconds]) => countedStep(name, Number(code), seconds));

function countedStep(name, code, seconds) {
  const file = join(directory, `${name.replaceAll(/\W/g, '-')}.json`);
  const ok = code === 0;
  if (!existsSync(file)) {
    const failures = ok ? [] : [{ name, message: `ended with code ${code}` }];
    return { name, ok, seconds, passed: ok ? 1 : 0, skipped: [], failures };
  }
  const { passed, skipped, failures } = JSON.parse(readFileSync(file, 'utf8'));
  const unexpected = skipped
    .filter((skip) => !allowanceFor(skip))
    .map((skip) => ({ name: skip.name, message: `was skipped: ${skip.reason || 'no reason given'}` }));
  const silent = !ok && failures.length === 0 ? [{ name, message: `ended with code ${code} and no failed test` }] : [];
  const empty = ok && passed === 0 ? [{ name, message: 'ran no test' }] : [];
  const all = [...failures, ...unexpected, ...silent, ...empty];
  return { name, ok: all.length === 0, seconds, passed, skipped, failures: all };
}

/** `test` is the start of a test's name, `unless` a variable whose presence takes the excuse away. */
function allowanceFor({ name }) {
  return allowedSkips.find(({ test, unless }) => name.startsWith(test) && !(unless && process.env[unless]));
}

console.log('\n=== summary');
for (const { name, ok, seconds, passed, skipped, failures } of steps) {
  const counts = `${passed} passed, ${failures.length} failed, ${skipped.length} skipped`;
  console.log(`${ok ? 'PASS' : 'FAIL'}  ${name.padEnd(12)} ${counts.padEnd(40)} ${seconds} s`);
}
for (const skip of steps.flatMap(({ skipped }) => skipped)) {
  const allowance = allowanceFor(skip);
  console.log(`SKIPPED  ${skip.name}\n    ${skip.reason || 'no reason given'}`);
  console.log(`    ${allowance ? `allowed: ${allowance.reason}` : 'not allowed by .ci/allowed-skips.json'}`);
}
for (const { name, message } of steps.flatMap(({ failures }) => failures)) {
  console.log(`FAILED  ${name}\n${message.replaceAll(/^/gm, '    ')}`);
}

const passed = steps.reduce((sum, step) => sum + step.passed, 0);
const failed = steps.reduce((sum, step) => sum + step.failures.length, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
