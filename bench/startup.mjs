/** From the start of a process to a subject registered and openai loaded: CPU and resident memory. */
import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';

const task = JSON.parse(process.argv[2]);
if (task.subject.module !== 'spanport' || task.subject.startsInCode) {
  const { begin } = await import(`./subjects/${task.subject.module}.mjs`);
  await begin({ ...task.subject.options, ...task.options });
}
createRequire(process.env.BENCH_OPENAI ?? import.meta.url)('openai');
const { user, system } = process.cpuUsage();
writeSync(1, `\nRESULT ${JSON.stringify({ figures: { cpu: [user + system], rss: [process.memoryUsage.rss()] } })}\n`);
process.exit();
