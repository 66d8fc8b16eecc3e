import { writeFileSync } from 'node:fs';
import { inspect } from 'node:util';

/**
 * Runs the scenario named on the command line and leaves its checks where the parent reads them.
 * A check that throws is a result; a scenario that throws ends the process with a code and its stack on stderr.
 */
export async function runScenario(kind, load) {
  const checks = [];
  const check = async (name, body) => {
    try {
      await body();
      checks.push({ name, ok: true });
    } catch (error) {
      checks.push({ name, ok: false, message: inspect(error) });
    }
  };
  const { scenario } = await import(`./scenarios/${process.argv[2]}.mjs`);
  await scenario({
    kind,
    load,
    check,
    openaiMajor: Number(process.env.MATRIX_OPENAI),
    otelLine: Number(process.env.MATRIX_OTEL),
    scratch: process.env.MATRIX_SCRATCH,
  });
  writeFileSync(process.env.MATRIX_RESULT, JSON.stringify(checks));
}
